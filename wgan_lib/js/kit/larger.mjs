/** "Open larger": the widget in a dialog that fills the window; and a static light picture of it for print. */
import { html } from "./elements.mjs";

const MOST = 2.2; // how much higher plots may grow

/** Gives the frame `w` its button "Open larger". */
export function addLarger(w) {
  w.zoom = 1;
  if (typeof HTMLDialogElement === "undefined") return;
  const dialog = html("dialog", { class: "me-dialog", "aria-label": w.root.getAttribute("aria-label") });
  const button = html("button", { type: "button", class: "me-quiet" }, "Open larger");
  /** Plots grow until the window is full; where their shape is fixed the dialog is made narrower instead. */
  const grow = () => {
    w.zoom = 1;
    w.paint();
    const plots = w.plots.filter((p) => p.node.offsetParent).reduce((sum, p) => sum + p.node.offsetHeight, 0);
    const room = dialog.clientHeight - 48 - w.root.offsetHeight;
    w.zoom = Math.max(1, Math.min(MOST, 1 + room / Math.max(plots, 1)));
    w.paint();
  };
  button.onclick = () => {
    if (dialog.open) return dialog.close();
    w.touched();
    w.el.style.minHeight = `${w.el.offsetHeight}px`; // the page keeps its place
    w.el.append(dialog);
    dialog.append(w.root);
    dialog.showModal();
    button.textContent = "Close";
    return grow();
  };
  dialog.addEventListener("close", () => {
    w.zoom = 1;
    w.el.prepend(w.root);
    dialog.remove();
    w.el.style.minHeight = "";
    button.textContent = "Open larger";
    button.focus({ preventScroll: true });
    w.paint();
  });
  w.undo.push(() => dialog.remove());
  w.actions.append(button);
}

/** On paper a widget is a light picture: canvases are painted again in its colours, folded boxes are open. */
export function addPrint(w) {
  const print = window.matchMedia("print");
  let folded = [];
  const show = (printing) => {
    if (w.root.classList.contains("me-printed") === printing) return;
    w.root.classList.toggle("me-printed", printing);
    if (printing) {
      folded = [...w.root.querySelectorAll(".me-more:not([open])")];
      for (const fold of folded) fold.open = true;
    } else for (const fold of folded) fold.open = false;
    for (const p of w.plots) p.measure(w.width);
    w.paint();
  };
  const before = () => show(true),
    after = () => show(false),
    either = () => show(print.matches);
  print.addEventListener("change", either);
  window.addEventListener("beforeprint", before);
  window.addEventListener("afterprint", after);
  w.undo.push(() => {
    print.removeEventListener("change", either);
    window.removeEventListener("beforeprint", before);
    window.removeEventListener("afterprint", after);
  });
}
