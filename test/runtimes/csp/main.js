import { load } from '/node_modules/vitrine/build/web/index.js'

const vit = await load()
const [top] = await vit.classify('chelsea.png')
document.querySelector('output').textContent = `${top.label} ${top.probability.toFixed(3)}`
