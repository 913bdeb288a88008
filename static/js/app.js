// Behaviour that every page shares: theme switch, menus, dialogs, copy buttons, confirmations, htmx set-up.
import { csrfToken } from "./api.js";
import { announce } from "./announce.js";

const THEMES = ["system", "light", "dark"];
const THEME_KEY = "visavis.theme";

function chosenTheme() {
  return document.documentElement.dataset.theme ?? "system";
}

function setTheme(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === "system") localStorage.removeItem(THEME_KEY);
    else localStorage.setItem(THEME_KEY, theme);
  } catch {
    // Storage is blocked: the choice lasts for this page.
  }
  labelThemeButtons();
  announce(`Theme: ${theme}`);
}

function labelThemeButtons() {
  for (const label of document.querySelectorAll("[data-theme-label]")) label.textContent = chosenTheme();
}

function nextTheme() {
  setTheme(THEMES[(THEMES.indexOf(chosenTheme()) + 1) % THEMES.length]);
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  await navigator.clipboard.writeText((source.value ?? source.textContent).trim());
  button.dataset.copied = "";
  announce("Copied");
  setTimeout(() => delete button.dataset.copied, 1600);
}

function selectTab(tab) {
  for (const other of tab.closest("[role=tablist]").querySelectorAll("[role=tab]")) {
    const selected = other === tab;
    other.setAttribute("aria-selected", String(selected));
    other.tabIndex = selected ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls")).hidden = !selected;
  }
}

function moveTab(event) {
  const tab = event.target.closest?.("[role=tab]");
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!tab || !step) return;
  const tabs = [...tab.closest("[role=tablist]").querySelectorAll("[role=tab]")];
  const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
  selectTab(next);
  next.focus();
  event.preventDefault();
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
}

function clicked(event) {
  const target = event.target;
  closeMenus(target.closest("details.menu"));
  const hit = (selector) => target.closest(selector);
  const dialogOpener = hit("[data-dialog]");
  if (hit("[data-theme-next]")) nextTheme();
  else if (hit("[data-copy]")) copy(hit("[data-copy]"));
  else if (hit("[role=tab]")) selectTab(hit("[role=tab]"));
  else if (hit("[data-dismiss]")) hit(hit("[data-dismiss]").dataset.dismiss).remove();
  else if (hit("[data-close]")) hit("dialog").close();
  else if (dialogOpener) document.getElementById(dialogOpener.dataset.dialog).showModal();
  else if (target instanceof HTMLDialogElement) target.close();
}

function keyPressed(event) {
  if (event.key === "Escape") {
    const open = document.querySelector("details.menu[open]");
    closeMenus(null);
    open?.querySelector("summary").focus();
  }
  moveTab(event);
}

// A form with data-confirm="NAME" is sent only once its input[name=confirmation] holds exactly NAME.
function confirmationTyped(event) {
  const form = event.target.closest("form[data-confirm]");
  if (!form) return;
  const typed = form.elements.namedItem("confirmation").value.trim();
  form.querySelector("button[type=submit]").disabled = typed !== form.dataset.confirm;
}

// Times arrive as UTC and are shown in the reader's own zone.
function localTimes(root) {
  const shape = { dateStyle: "medium", timeStyle: "short" };
  for (const time of root.querySelectorAll("time[data-local]")) {
    const format = time.dataset.local === "time" ? { timeStyle: "medium" } : shape;
    time.textContent = new Intl.DateTimeFormat(undefined, format).format(new Date(time.dateTime));
  }
}

// A link to a folded part opens it.
function unfold() {
  const target = location.hash ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.scrollIntoView();
  }
}

document.addEventListener("click", clicked);
window.addEventListener("hashchange", unfold);
document.addEventListener("keydown", keyPressed);
document.addEventListener("input", confirmationTyped);
document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = csrfToken();
});
document.addEventListener("htmx:load", (event) => localTimes(event.detail.elt));
labelThemeButtons();
localTimes(document);
unfold();
