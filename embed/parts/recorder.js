// Records the microphone into an audio file.
//
// The microphone is released in every case: at the end, at the time limit, on cancel, when the device is unplugged, and when
// the page is left.

/** MIME types in order of preference, by how many browsers play them, with their file extensions. */
const TYPES = [
  ["audio/webm;codecs=opus", "webm"],
  ["audio/mp4", "m4a"],
  ["audio/ogg;codecs=opus", "ogg"],
];
/** Enough for clear speech; a minute is less than 400 kB. */
const BITS_PER_SECOND = 48_000;
/** The interval of the level meter. */
const LEVEL_MS = 80;
/** Multiplies the level for the meter: speech is far from full scale. */
const GAIN = 4;

/** Names of the browser's errors, and the errors of this module. */
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
 * Rejects with an error whose message is one word: "denied", "none" (no microphone), "busy" (another program uses it),
 * "unsupported" or "cancelled" (by the signal, while the browser asked for permission).
 *
 * @param {object} [options]
 * @param {(level: number, seconds: number) => void} [options.onlevel] several times a second: the
 *   loudness from 0 to 1, and the seconds since the start
 * @param {number} [options.secondsMax] the time limit
 * @param {AbortSignal} [options.signal] cancels
 * @returns {Promise<{ stop(): void, cancel(): void, done: Promise<File | null> }>} `done` never rejects: it
 *   resolves to the file, or to null when it was cancelled or has no data
 */
export async function record({ onlevel, secondsMax = 300, signal } = {}) {
  const [type, extension] = TYPES.find(([type]) => globalThis.MediaRecorder?.isTypeSupported(type)) ?? [];
  // Only secure contexts have `mediaDevices`.
  if (!type || !navigator.mediaDevices) throw new Error("unsupported");
  const microphone = await requestMicrophone();
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
  const ended = new AbortController();
  let isCancelled = false;
  const stop = () => {
    if (recorder.state !== "inactive") recorder.stop();
    // Released at once, not at the recorder's `stop` event, so that the browser's recording indicator disappears.
    release();
  };
  const cancel = () => {
    isCancelled = true;
    stop();
  };
  const done = new Promise((resolve) => {
    recorder.addEventListener("dataavailable", ({ data }) => data.size && pieces.push(data));
    recorder.addEventListener("stop", () => {
      ended.abort();
      release();
      const name = `voice-${timestamp(begun)}.${extension}`;
      resolve(!isCancelled && pieces.length ? new File(pieces, name, { type: type.split(";")[0] }) : null);
    });
  });
  const limit = setTimeout(stop, secondsMax * 1000);
  ended.signal.addEventListener("abort", () => clearTimeout(limit));
  addEventListener("pagehide", cancel, { signal: ended.signal });
  signal?.addEventListener("abort", cancel, { signal: ended.signal });
  if (onlevel) watchLevel(microphone, onlevel, ended.signal);
  return { stop, cancel, done };
}

async function requestMicrophone() {
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
  } catch ({ name }) {
    throw new Error(CODES[name] ?? "unsupported");
  }
}

/** Reports the level until `signal` is aborted. Without Web Audio the level is 0, and the recording goes on. */
function watchLevel(microphone, onlevel, signal) {
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
  const report = () => {
    meter?.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / (samples.length || 1);
    onlevel(Math.min(1, GAIN * Math.sqrt(power)), (performance.now() - begun) / 1000);
  };
  const timer = setInterval(report, LEVEL_MS);
  signal.addEventListener("abort", () => {
    clearInterval(timer);
    sound?.close().catch(() => {});
  });
}

/** `2026-11-21-1405`, in the visitor's time zone. */
function timestamp(date) {
  const two = (number) => String(number).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day}-${two(date.getHours())}${two(date.getMinutes())}`;
}
