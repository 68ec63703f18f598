/** Licences under which weights may be used, changed and passed on for any purpose. */
const open =
  /^(apache-2\.0|mit|isc|bsd(-[23]-clause)?|cc0-1\.0|unlicense|cc-by-4\.0|cdla-permissive-[12]\.0)$/

/**
 * What is said of a licence when weights are downloaded; nothing of an open one.
 * @param license as Hugging Face abbreviates it, or the name of another one
 * @param where a page with its text
 */
export const licenceNotice = (name: string, license: string, where: string): string | undefined =>
  open.test(license)
    ? undefined
    : `${name} has the licence ${license}, which is not an open one: see ${where} before you use it.`
