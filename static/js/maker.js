// The page that makes an avatar: choose a picture, agree, send it, wait, choose a face, talk.
import { request } from "./api.js";
import * as outcome from "./maker/outcome.js";
import { Source, isHead } from "./maker/source.js";
import { listen } from "./maker/listen.js";
import { Upload } from "./maker/upload.js";
import { watch } from "./maker/watch.js";

const $ = (id) => document.getElementById(id);
const SLOW_MS = 5000;
const maker = $("maker");
const { api, studio } = maker.dataset;
const source = new Source(maker, offer);
let avatarId = "";
let upload = null;
let watching = new AbortController();

function offer() {
  const chosen = maker.dataset.state === "chosen";
  $("make").disabled = !(chosen && $("consent").checked);
  $("other").hidden = !chosen;
}

function enter(state) {
  maker.dataset.state = state;
  for (const control of $("maker-form").elements) control.disabled = state !== "choose";
  offer();
}

async function make(event) {
  event.preventDefault();
  const file = source.file;
  enter("sending");
  const name = $("avatar-name").value.trim() || nameOf(file);
  const fields = { file, name, voice: $("avatar-voice").value, consent: maker.dataset.consent };
  upload = new Upload();
  outcome.waiting("Sending the file …", "", 0);
  await tell(async () => {
    const avatar = await upload.send(api, fields, (share) => outcome.waiting("Sending the file …", "", share));
    await follow(avatar.id);
  });
}

async function follow(id) {
  avatarId = id;
  watching = new AbortController();
  enter("sending");
  outcome.waiting("Making the avatar …", "Usually two or three seconds.");
  const avatar = await watch(`${api}/${id}`, watching.signal, (waited) => {
    const late = "It takes longer than usual: others are before you. It goes on when you leave this page.";
    outcome.waiting("Making the avatar …", waited > SLOW_MS ? late : "Usually two or three seconds.");
  });
  maker.dataset.state = avatar.state;
  if (avatar.state === "ready") outcome.ready(avatar, studio);
  else outcome.refused(avatar.refusal, choose);
}

async function choose(face) {
  $("faces").replaceChildren();
  await tell(async () => {
    await request("POST", `${api}/${avatarId}/choice`, { face });
    await follow(avatarId);
  });
}

async function tell(work) {
  try {
    await work();
  } catch (error) {
    if (error.name === "AbortError") return;
    maker.dataset.state = "refused";
    outcome.refused(error);
  }
}

async function startAgain() {
  upload?.cancel();
  watching.abort();
  const left = maker.dataset.state === "ready" ? "" : avatarId;
  avatarId = "";
  outcome.clear();
  source.reset();
  enter("choose");
  $("file").focus();
  if (left) await request("DELETE", `${api}/${left}`).catch(() => undefined); // the clock deletes it later
}

function nameOf(file) {
  if (!isHead(file) && (file.name === "camera.jpg" || /^(img|dsc|image|photo)?[-_ ]?\d/i.test(file.name))) return "";
  return file.name.replace(/\.[^.]+$/, "").replace(/[-_]+/g, " ").trim().slice(0, 60);
}

$("maker-form").addEventListener("submit", make);
$("consent").addEventListener("change", offer);
for (const id of ["cancel", "again", "one-more"]) $(id).addEventListener("click", startAgain);
listen($("avatar-voice"), $("voice-listen"), $("voice-note"));
offer();
if (maker.dataset.resumed) tell(() => follow(maker.dataset.resumed));
