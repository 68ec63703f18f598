import { load } from 'vitrine'

const vit = await load('/vit-ti16-imagenet2012-224.safetensors')
const [top] = await vit.classify('chelsea.png')
document.querySelector('output').textContent = `${top.label} ${top.probability.toFixed(3)}`
