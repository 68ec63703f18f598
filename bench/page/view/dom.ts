type Child = Node | string | undefined

/**
 * An element. Strings become text nodes, never markup: engines' names and messages are others' text.
 * @param attributes `false` and undefined leave the attribute out, `true` gives it no value
 */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string | boolean | undefined>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue
    element.setAttribute(name, value === true ? '' : value)
  }
  element.append(...children.filter((child) => child !== undefined))
  return element
}

/** A button that does something. */
export function button(text: string, action: () => void, name = 'vr-button'): HTMLButtonElement {
  const element = h('button', { type: 'button', class: name }, text)
  element.addEventListener('click', action)
  return element
}

export interface Choice {
  readonly value: string
  readonly text: string
}

/** A select with its label. */
export function select(
  label: string,
  choices: readonly Choice[],
  chosen: string,
  onChange: (value: string) => void,
): HTMLElement {
  const list = h(
    'select',
    {},
    ...choices.map(({ value, text }) => h('option', { value, selected: value === chosen }, text)),
  )
  list.addEventListener('change', () => onChange(list.value))
  return h('label', { class: 'vr-choice' }, h('span', {}, label), list)
}
