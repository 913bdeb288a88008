// The REST API as the pages use it: same origin, the login session, a CSRF token, problems as errors.

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || `The server answered ${status}.`);
    this.status = status;
    this.code = body.code || "unexpected";
    this.title = body.title || "Something went wrong";
    this.hint = body.hint || "";
    this.requestId = body.request_id || "";
    this.body = body;
  }
}

export function csrfToken() {
  return document.querySelector("meta[name=csrf-token]")?.content ?? "";
}

export async function request(method, path, body, options = {}) {
  const headers = { Accept: "application/json", "X-CSRFToken": csrfToken() };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const sent = { method, headers, credentials: "same-origin", ...options };
  if (body !== undefined) sent.body = JSON.stringify(body);
  const response = await reach(path, sent);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    answer.request_id ??= response.headers.get("X-Request-ID") ?? "";
    throw new Problem(response.status, answer);
  }
  return answer;
}

async function reach(path, sent) {
  try {
    return await fetch(path, sent);
  } catch {
    throw new Problem(0, {
      code: "offline",
      title: "The server can’t be reached",
      detail: "Nothing was sent.",
      hint: "Check your connection, then try again.",
    });
  }
}
