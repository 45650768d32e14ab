// A voice note: the microphone's sound as a file.
//
// The microphone is let go of in every case: at the end, at the limit, when it is cancelled, when the device is pulled
// out and when the page goes away.

/** In the order of what agents' browsers play; the extension each is known by. */
const TYPES = [
  ["audio/webm;codecs=opus", "webm"],
  ["audio/mp4", "m4a"],
  ["audio/ogg;codecs=opus", "ogg"],
];
/** Speech stays clear at this, and a minute is under 400 kB. */
const BITS_PER_SECOND = 48_000;
/** Often enough for a meter that looks alive. */
const LEVEL_MS = 80;
/** Speech is far from full scale; without this the meter would hardly move. */
const GAIN = 4;

/** What the browser calls it, and what we do. */
const CODES = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "none",
  OverconstrainedError: "none",
  NotReadableError: "busy",
  AbortError: "busy",
};

/**
 * Asks for the microphone and records it until `stop`, `cancel` or the limit.
 *
 * Rejects with an error whose message is one word: "denied", "none" (no microphone), "busy" (it can't be had just now),
 * "unsupported" or "cancelled" (by the signal, while the visitor was being asked).
 *
 * @param {object} [wanted]
 * @param {(level: number, seconds: number) => void} [wanted.onlevel] some times a second: loudness from 0 to 1, and how
 *   long it has been
 * @param {number} [wanted.secondsMax] stops by itself then
 * @param {AbortSignal} [wanted.signal] cancels
 * @returns {Promise<{ stop(): void, cancel(): void, done: Promise<File | null> }>} `done` never rejects: it is the
 *   file, or null when it was cancelled or nothing was heard
 */
export async function record({ onlevel, secondsMax = 300, signal } = {}) {
  const [type, extension] = TYPES.find(([type]) => globalThis.MediaRecorder?.isTypeSupported(type)) ?? [];
  // Pages that are not secure have no devices.
  if (!type || !navigator.mediaDevices) throw new Error("unsupported");
  const microphone = await ask();
  const release = () => microphone.getTracks().forEach((track) => track.stop());
  if (signal?.aborted) {
    release();
    throw new Error("cancelled");
  }
  let recorder;
  try {
    recorder = new MediaRecorder(microphone, { mimeType: type, audioBitsPerSecond: BITS_PER_SECOND });
    recorder.start();
  } catch {
    release();
    throw new Error("unsupported");
  }

  const begun = new Date();
  const pieces = [];
  const over = new AbortController();
  let isWanted = true;
  const stop = () => {
    if (recorder.state !== "inactive") recorder.stop();
    // The recorder has what it needs; the browser's sign that somebody listens goes at once.
    release();
  };
  const cancel = () => {
    isWanted = false;
    stop();
  };
  const done = new Promise((resolve) => {
    recorder.addEventListener("dataavailable", ({ data }) => data.size && pieces.push(data));
    recorder.addEventListener("stop", () => {
      over.abort();
      release();
      const name = `voice-${stamp(begun)}.${extension}`;
      resolve(isWanted && pieces.length ? new File(pieces, name, { type: type.split(";")[0] }) : null);
    });
  });
  const limit = setTimeout(stop, secondsMax * 1000);
  over.signal.addEventListener("abort", () => clearTimeout(limit));
  addEventListener("pagehide", cancel, { signal: over.signal });
  signal?.addEventListener("abort", cancel, { signal: over.signal });
  if (onlevel) watch(microphone, onlevel, over.signal);
  return { stop, cancel, done };
}

async function ask() {
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
  } catch ({ name }) {
    throw new Error(CODES[name] ?? "unsupported");
  }
}

/** Tells how loud it is until it is over. A recording without a meter is still one: nothing here may fail it. */
function watch(microphone, onlevel, over) {
  let sound, meter;
  try {
    sound = new AudioContext();
    meter = sound.createAnalyser();
    sound.createMediaStreamSource(microphone).connect(meter);
  } catch {
    meter = undefined;
  }
  const begun = performance.now();
  const samples = new Float32Array(meter?.fftSize ?? 0);
  const tell = () => {
    meter?.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / (samples.length || 1);
    onlevel(Math.min(1, GAIN * Math.sqrt(power)), (performance.now() - begun) / 1000);
  };
  const timer = setInterval(tell, LEVEL_MS);
  over.addEventListener("abort", () => {
    clearInterval(timer);
    sound?.close().catch(() => {});
  });
}

/** `2026-11-21-1405`, by the visitor's clock. */
function stamp(date) {
  const two = (number) => String(number).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day}-${two(date.getHours())}${two(date.getMinutes())}`;
}
