// Asks for an avatar until it is ready or refused.
import { request } from "../api.js";

const FIRST_MS = 400;
const LATER_MS = 1000;
const SOON_MS = 5000;

export async function watch(path, signal, onWait) {
  const began = performance.now();
  for (;;) {
    const avatar = await request("GET", path, undefined, { signal });
    if (avatar.state !== "preparing") return avatar;
    const waited = performance.now() - began;
    onWait(waited);
    await pause(waited < SOON_MS ? FIRST_MS : LATER_MS, signal);
  }
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("cancelled", "AbortError"));
    });
  });
}
