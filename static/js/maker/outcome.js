// What came of it: waiting, refused (with what was found, and faces to choose from), or ready and alive.
import { announce } from "../announce.js";

const $ = (id) => document.getElementById(id);
const PARTS = ["waiting", "refusal", "done"];

function show(part) {
  for (const name of PARTS) $(name).hidden = name !== part;
}

export function clear() {
  show("");
}

export function waiting(text, detail, share) {
  show("waiting");
  if ($("waiting-text").textContent !== text) $("waiting-text").textContent = text;
  $("waiting-detail").textContent = detail;
  if (share === undefined) $("bar").removeAttribute("value");
  else $("bar").value = Math.round(share * 100);
}

export function refused(reason, choose) {
  show("refusal");
  $("refusal-title").textContent = reason.detail || reason.title || reason.message;
  $("refusal-hint").textContent = reason.hint;
  $("refusal-usage").hidden = reason.status !== 402;
  $("refusal-id").textContent = reason.requestId ? `Request ${reason.requestId}` : "";
  if (reason.picture_url) $("preview").src = reason.picture_url;
  const faces = reason.code === "several_faces" ? reason.faces : [];
  $("faces").replaceChildren(...faces.map((face) => frame(face, choose)));
  $("face-buttons").replaceChildren(...faces.map((face) => button(face, choose)));
  $("again").classList.toggle("button-primary", !faces.length);
  (faces.length ? $("face-buttons").firstElementChild : $("again")).focus();
}

// Above the face in the picture, for pointers; the buttons beside it are for everybody.
function frame(face, choose) {
  const [left, top, right, bottom] = face.box;
  const area = document.createElement("button");
  area.type = "button";
  area.tabIndex = -1;
  area.setAttribute("aria-hidden", "true");
  Object.assign(area.style, { left: percent(left), top: percent(top), width: percent(right - left), height: percent(bottom - top) });
  area.addEventListener("click", () => choose(face.face));
  return area;
}

function button(face, choose) {
  const one = document.createElement("button");
  one.type = "button";
  one.className = "button button-primary";
  one.textContent = `Face ${face.face}`;
  one.addEventListener("click", () => choose(face.face));
  return one;
}

function percent(share) {
  return `${share * 100}%`;
}

export function ready(avatar, studio) {
  show("done");
  $("done-title").textContent = `${avatar.name} is ready.`;
  $("done-detail").textContent = describe(avatar);
  $("talk").href = `${studio}?avatar=${avatar.id}`;
  const face = document.createElement("visavis-avatar");
  face.setAttribute("avatar", avatar.asset_url);
  if (avatar.portrait_url) face.setAttribute("poster", avatar.portrait_url);
  $("head-preview").replaceChildren(face);
  $("talk").focus();
  announce(`${avatar.name} is ready.`);
}

function describe(avatar) {
  const { mapped, missing, seconds } = avatar.report;
  if (mapped === undefined) return seconds === undefined ? "" : `Made in ${seconds} seconds.`;
  const count = Object.keys(mapped).length;
  if (!missing.length) return `All ${count} movements of the face were found in it.`;
  return `${count} of ${count + missing.length} movements of the face were found in it; missing: ${missing.join(", ")}.`;
}
