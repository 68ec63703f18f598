import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { VitrineError } from '../../src/errors.ts'

/** A call with a wrong argument, and the code of the error that it must end with. */
export interface Row {
  readonly name: string
  readonly code: string
  /** What the message must have in it. */
  readonly message?: RegExp
  run(): unknown
}

/** Wrong values for each option of a type; one that is forgotten does not compile. */
export type WrongOptions<T> = { readonly [Key in keyof Required<T>]: readonly unknown[] }

/** No option is ever one of these. */
const nonsense = [null, Symbol('x'), 1n, Number.NaN]

/** Rows for every option of a call: wrong values, names that do not exist, and no options at all. */
export function optionRows<T>(
  of: string,
  wrong: WrongOptions<T>,
  call: (options: never) => unknown,
): Row[] {
  const entries = Object.entries<readonly unknown[]>(wrong)
  const values = entries.flatMap(([option, some]) =>
    [...nonsense, ...some].map((value, i) => ({
      name: `${of} { ${option} } ${i}`,
      code: 'ARGUMENT',
      message: new RegExp(`^${option}\\b.* must be `),
      run: () => call({ [option]: value } as never),
    })),
  )
  const misspelt = entries.map(([option]) => ({
    name: `${of} { ${option}x }`,
    code: 'ARGUMENT',
    message: new RegExp(`There is no option ${option}x; did you mean ${option}\\?$`),
    run: () => call({ [`${option}x`]: undefined } as never),
  }))
  const none = [null, 42, 'fast', [], Symbol('x'), () => {}].map((options, i) => ({
    name: `${of} with options that are none, ${i}`,
    code: 'ARGUMENT',
    message: /^The options of (the )?\w+ must be an object/,
    run: () => call(options as never),
  }))
  const unknown = {
    name: `${of} { weights }`,
    code: 'ARGUMENT',
    message: /There is no option weights; those of (the )?\w+ are \w/,
    run: () => call({ weights: 1 } as never),
  }
  return [...values, ...misspelt, ...none, unknown]
}

/** The same for options within options, such as those of `config`. */
export function nestedRows<T>(
  of: string,
  path: string,
  wrong: WrongOptions<T>,
  call: (options: never) => unknown,
): Row[] {
  const rows = optionRows<T>(`${of} ${path}`, wrong, (inner) => call({ [path]: inner } as never))
  return rows
    .filter(({ name }) => !name.includes('options that are none'))
    .map(({ message, ...row }) => ({
      ...row,
      message: new RegExp(
        message!.source
          .replace(/^(\^|There is no option )/, `$1${path}.`)
          .replace('did you mean ', `did you mean ${path}.`),
      ),
    }))
}

/** Every row ends with its error, and nothing goes on behind it. */
export function testRows(name: string, rows: () => Row[] | Promise<Row[]>): void {
  test(name, async () => {
    const stray: unknown[] = []
    const listen = (reason: unknown) => void stray.push(reason)
    process.on('unhandledRejection', listen)
    process.on('uncaughtException', listen)
    try {
      for (const row of await rows()) await expectError(row)
      // Rejections are told of between two turns.
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
    } finally {
      process.off('unhandledRejection', listen)
      process.off('uncaughtException', listen)
    }
    assert.equal(stray, [])
  })
}

async function expectError({ name, code, message, run }: Row): Promise<void> {
  let error: unknown
  try {
    await run()
  } catch (caught) {
    error = caught
  }
  assert.instance(error, VitrineError, `${name}: ${String(error)}`)
  const { code: found, message: text } = error as VitrineError
  assert.is(found, code, `${name}: ${text}`)
  if (message) assert.match(text, message, name)
}
