// What axe-core finds wrong with the page, one sentence each: an expression. It looks into open shadow roots.
axe
  .run(document, {
    resultTypes: ["violations"],
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    rules: {
      // A site's landmarks and headings are its own, and a chat that floats over all of them belongs to none.
      region: { enabled: false },
      "landmark-one-main": { enabled: false },
      "page-has-heading-one": { enabled: false },
    },
  })
  .then(({ violations }) =>
    violations.flatMap(({ id, help, nodes }) => nodes.map(({ target, any, all, none }) => {
      const why = [...any, ...all, ...none].map(({ message }) => message).join("; ");
      return `${id}: ${target.flat().at(-1)}: ${help} (${why})`;
    })),
  )
