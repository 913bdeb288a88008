// Videos that are being made move while one looks on: told over a websocket, asked for where there is none.
import { watchVideos } from "../visavis/sdk.js";
import { announce } from "./announce.js";
import { request } from "./api.js";

const ASK_MS = 2000; // while nobody tells

function openOnes() {
  return [...document.querySelectorAll("[data-video][data-open]")];
}

function shown(id) {
  return document.querySelector(`[data-video="${CSS.escape(id)}"]`);
}

function refresh(element) {
  window.htmx?.trigger(element, "refresh");
}

function show(element, { percent, secondsLeft }) {
  element.querySelector("progress").value = percent;
  element.querySelector("[data-percent]").textContent = percent;
  element.querySelector("[data-left]").textContent = secondsLeft ? `about ${secondsLeft} s left` : "";
}

function take(progress) {
  const element = shown(progress.video);
  if (!element || !("open" in element.dataset)) return;
  if (element.dataset.state === progress.state) {
    show(element, progress);
    return;
  }
  element.dataset.state = progress.state;
  if (["finished", "failed", "cancelled"].includes(progress.state)) {
    announce(`${element.dataset.title}: ${progress.state}`);
  }
  refresh(element);
}

function forget(id) {
  const element = shown(id);
  if (!element) return;
  if (element.dataset.gallery) window.location.assign(element.dataset.gallery);
  else element.remove();
}

function follow() {
  const watch = watchVideos({ getTicket: () => request("POST", "/api/v1/videos/tickets", {}) });
  const asking = setInterval(() => {
    if (watch.state !== "open") openOnes().forEach(refresh);
    if (openOnes().length === 0) stop();
  }, ASK_MS);
  const stop = () => {
    clearInterval(asking);
    watch.close();
  };
  watch.on("ready", (videos) => {
    const known = new Set(videos.map(({ video }) => video));
    videos.forEach(take);
    openOnes().filter((element) => !known.has(element.dataset.video)).forEach(refresh);
  });
  watch.on("progress", take);
  watch.on("deleted", ({ video }) => forget(video));
  addEventListener("pagehide", stop, { once: true });
}

// What is replaced takes the focus with it; whoever had it goes on at the same video.
let focused = "";
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  focused = detail.target.contains(document.activeElement) ? (detail.target.dataset.video ?? "") : "";
});
document.addEventListener("htmx:afterSettle", () => {
  if (focused && document.activeElement === document.body) shown(focused)?.querySelector("a, button")?.focus();
  focused = "";
});

if (openOnes().length > 0) follow();
