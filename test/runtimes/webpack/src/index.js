import { load } from 'vitrine'

const vit = await load()
const [top] = await vit.classify('chelsea.png')
document.querySelector('output').textContent = `${top.label} ${top.probability.toFixed(3)}`
