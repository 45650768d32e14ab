// UTC offsets of a time zone around today, read from the browser's Intl, which has the time zone database.

const HOUR_S = 3600;

/**
 * The UTC offsets of a zone from 36 hours ago until about ten days from now, as pairs of numbers in one list:
 * [from, offset, from, offset, …]. `from` is the Unix time in seconds at which the offset begins (0 for the first), and the
 * offset is in seconds east of UTC. Throws a RangeError for a zone that the browser doesn't know.
 *
 * @param {string} zone an IANA name, such as `Europe/Berlin`
 * @param {number} [now] the Unix time in milliseconds
 */
export function utcOffsets(zone, now = Date.now()) {
  const format = new Intl.DateTimeFormat("en-US-u-ca-gregory-nu-latn", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  const offsetAt = (second) => {
    const local = Object.fromEntries(format.formatToParts(second * 1000).map(({ type, value }) => [type, +value]));
    return Date.UTC(local.year, local.month - 1, local.day, local.hour, local.minute) / 1000 - second;
  };
  const first = Math.floor(now / 1000 / HOUR_S) * HOUR_S - 36 * HOUR_S;
  const offsets = [0, offsetAt(first)];
  for (let hour = first; hour < first + 12 * 24 * HOUR_S; hour += HOUR_S) {
    const [before, after] = [offsets.at(-1), offsetAt(hour + HOUR_S)];
    if (before !== after) {
      // Some zones change within an hour.
      let minute = hour;
      while (offsetAt(minute) === before) minute += 60;
      offsets.push(minute, after);
    }
  }
  return offsets;
}
