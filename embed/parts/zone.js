// What the clocks of a time zone show, by the browser's Intl.

const HOUR = 3600;

/** From when on the zone's clocks are how far ahead of UTC, from yesterday until ten days from now: pairs of seconds,
 *  [from, ahead, from, ahead, …]. Throws for a zone that the browser doesn't know. */
export function offsets(zone, now = Date.now()) {
  const format = new Intl.DateTimeFormat("en-US-u-ca-gregory-nu-latn", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  const ahead = (second) => {
    const shown = Object.fromEntries(format.formatToParts(second * 1000).map(({ type, value }) => [type, +value]));
    return Date.UTC(shown.year, shown.month - 1, shown.day, shown.hour, shown.minute) / 1000 - second;
  };
  const first = Math.floor(now / 1000 / HOUR) * HOUR - 36 * HOUR;
  const found = [0, ahead(first)];
  for (let hour = first; hour < first + 12 * 24 * HOUR; hour += HOUR) {
    const [before, after] = [found.at(-1), ahead(hour + HOUR)];
    if (before !== after) {
      // Some zones change at half past.
      let minute = hour;
      while (ahead(minute) === before) minute += 60;
      found.push(minute, after);
    }
  }
  return found;
}
