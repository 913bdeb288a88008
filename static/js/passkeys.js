// Says so when the browser or the person has called off a passkey; allauth itself only logs it.

document.addEventListener("allauth.error", () => {
  const place = document.getElementById("passkey-error");
  place.hidden = false;
  place.scrollIntoView({ block: "nearest" });
});
