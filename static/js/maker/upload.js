// Sends an avatar's file and tells how much of it has arrived; fetch can't.
import { Problem, csrfToken } from "../api.js";

export class Upload {
  #request = new XMLHttpRequest();

  send(path, fields, onProgress) {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    return new Promise((resolve, reject) => {
      const request = this.#request;
      request.open("POST", path);
      request.setRequestHeader("Accept", "application/json");
      request.setRequestHeader("X-CSRFToken", csrfToken());
      request.setRequestHeader("Idempotency-Key", crypto.randomUUID());
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) onProgress(event.loaded / event.total);
      });
      request.addEventListener("load", () => settle(request, resolve, reject));
      request.addEventListener("error", () => reject(offline()));
      request.addEventListener("abort", () => reject(new DOMException("cancelled", "AbortError")));
      request.send(body);
    });
  }

  cancel() {
    this.#request.abort();
  }
}

function settle(request, resolve, reject) {
  let answer = {};
  try {
    answer = JSON.parse(request.responseText);
  } catch {
    // A proxy answered: its status says enough.
  }
  if (request.status >= 200 && request.status < 300) resolve(answer);
  else reject(new Problem(request.status, answer));
}

function offline() {
  return new Problem(0, {
    code: "offline",
    title: "The server can’t be reached",
    detail: "The connection broke off while the file was sent.",
    hint: "Check your connection, then try again.",
  });
}
