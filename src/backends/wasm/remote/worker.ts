// The entry point of the worker that computes for a page whose own thread should stay free. Neither this nor what
// it imports may start workers or import dynamically: some bundlers refuse that in a worker.
import { port } from '#port'
import { serve } from './serve.ts'

serve(port)
