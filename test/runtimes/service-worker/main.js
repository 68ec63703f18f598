navigator.serviceWorker.onmessage = ({ data: [top] }) => {
  document.querySelector('output').textContent = `${top.label} ${top.probability.toFixed(3)}`
}
await navigator.serviceWorker.register('/service-worker.js', { type: 'module' })
const { active } = await navigator.serviceWorker.ready
active.postMessage('/chelsea.png')
