export type { RequestRecord } from './http/request-log.ts'
export type { ServerOptions } from './options.ts'
export type { Servable, Source } from './served-model.ts'
export { createServer, type RequestInfo, type Server } from './server.ts'
