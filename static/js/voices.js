// Plays samples one at a time, with the reader's own sentence, and filters the list.
import { announce } from "./announce.js";

const byId = (id) => document.getElementById(id);
const audio = new Audio();
const rows = [...document.querySelectorAll(".voice-row")];
let playing = null;

function mark(button, state) {
  button.dataset.state = state;
  button.setAttribute("aria-pressed", String(state !== "idle"));
}

function stop() {
  audio.pause();
  if (playing) mark(playing, "idle");
  playing = null;
}

async function play(button) {
  const again = playing === button;
  stop();
  if (again) return;
  playing = button;
  mark(button, "loading");
  const text = byId("own-text").value.trim();
  try {
    audio.src = await sample(button.dataset.sample, text);
    if (playing !== button) return;
    await audio.play();
    mark(button, "playing");
  } catch (error) {
    if (playing === button) stop();
    tell(button, error.message);
  }
}

async function sample(path, text) {
  const response = await fetch(text ? `${path}?text=${encodeURIComponent(text)}` : path);
  const type = response.headers.get("Content-Type") ?? "";
  if (!response.ok) throw new Error(type.startsWith("text/plain") ? await response.text() : "The sample could not be made.");
  if (audio.src) URL.revokeObjectURL(audio.src);
  return URL.createObjectURL(await response.blob());
}

function tell(button, sentence) {
  const row = button.closest(".voice-row");
  const note = row.querySelector(".errors") ?? row.appendChild(document.createElement("p"));
  note.className = "errors";
  note.textContent = sentence;
  announce(sentence);
}

function filter() {
  const { language, gender } = byId("voice-tools").elements;
  const fits = (row) =>
    (!language.value || row.dataset.language === language.value) && (!gender.value || row.dataset.gender === gender.value);
  for (const row of rows) row.hidden = !fits(row);
  const shown = rows.filter((row) => !row.hidden).length;
  byId("no-voices").hidden = shown > 0;
  byId("voice-count").textContent = `${shown} voices`;
}

audio.addEventListener("ended", stop);
byId("voices").addEventListener("click", (event) => {
  const button = event.target.closest("[data-sample]");
  if (button) play(button);
});
byId("voice-tools").addEventListener("change", filter);
byId("voice-tools").addEventListener("submit", (event) => event.preventDefault());
byId("show-all").addEventListener("click", () => {
  byId("voice-tools").reset();
  filter();
});
