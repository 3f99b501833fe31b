// The theme is set before anything is painted: a dark room stays dark.
{
  const kept = localStorage.getItem("bedside-theme");
  const dark = window.matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
  document.documentElement.dataset.theme = kept === "light" || kept === "dark" ? kept : dark;
}
