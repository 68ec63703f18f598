export { type Listener, type ListenOptions, listen } from './listen.ts'
export { type NodeHandler, type NodeHandlerOptions, nodeHandler } from './node-handler.ts'
