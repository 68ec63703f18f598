/** What assets/build.mjs makes of a file: its bytes, deflated, in base64. */
declare module '#inline/*' {
  const packed: string
  export default packed
}

/** Edge runtimes import a WebAssembly file as a compiled module. */
declare module '*.wasm' {
  const module: WebAssembly.Module
  export default module
}
