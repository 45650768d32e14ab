// What the modules beside this one say, in the panel's language: fetched with the first of them.

const languages = new Map();

/** A module's sentences, by its own names for them, in the language of the panel that `within` is in. */
export async function words(within, module) {
  const language = within.closest("[lang]")?.lang || "en";
  if (!languages.has(language)) {
    const found = fetch(new URL(`../locales/${language}.json`, import.meta.url)).then((answer) => answer.json());
    found.catch(() => languages.delete(language));
    languages.set(language, found);
  }
  return (await languages.get(language))[module];
}
