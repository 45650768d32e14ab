// An expression: the faults that axe-core finds on the page, a sentence each. It includes open shadow roots.
axe
  .run(document, {
    resultTypes: ["violations"],
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    rules: {
      // Rules for a page's landmarks and headings don't apply to a floating chat.
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
