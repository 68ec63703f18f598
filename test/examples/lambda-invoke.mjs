// Calls a function as the runtime of AWS Lambda does: imports its module, which may take long, and then calls the
// handler with one event after the other. Prints what it answers.
//   lambda-invoke.mjs EVENTS, a file with an array
import { accessSync, constants, readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const task = process.env.LAMBDA_TASK_ROOT
const { handler } = await import(pathToFileURL(`${task}/index.mjs`))
const answers = []
for (const event of JSON.parse(readFileSync(process.argv[2], 'utf8'))) {
  answers.push(await handler(event))
}
console.log(JSON.stringify({ answers, isWritable: isWritable(task), home: process.env.HOME }))

function isWritable(path) {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
