import { load } from 'vitrine'

const vit = await load()
const [top] = await vit.classify('chelsea.png')
console.log(top.label, top.probability.toFixed(3))
vit.dispose()
