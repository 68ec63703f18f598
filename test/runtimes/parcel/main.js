import { load } from 'vitrine'

const vit = await load()
const [top] = await vit.classify(new URL('chelsea.png', import.meta.url))
document.querySelector('output').textContent = `${top.label} ${top.probability.toFixed(3)}`
