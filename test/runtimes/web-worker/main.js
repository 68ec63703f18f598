const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })

worker.onmessage = ({ data: [top] }) => {
  document.querySelector('output').textContent = `${top.label} ${top.probability.toFixed(3)}`
}
worker.postMessage('/chelsea.png')
