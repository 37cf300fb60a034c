/*
 * Brings the anywidget figures of a built page to life without a kernel: reads the widget state that the page carries, gives each view a small
 * model with anywidget's calls, and mounts its module from a blob URL. Works from file:// and http; asks the network for nothing.
 */
(() => {
  // biome-ignore lint/suspicious/noRedundantUseStrict: pages load this as a classic script
  "use strict";
  const MIME = "application/vnd.jupyter.widget-";

  /** anywidget's model over plain state: get, set, on, off, save_changes. */
  class Model {
    constructor(state) {
      this.state = state;
      this.listeners = new Map();
    }
    get(key) {
      return this.state[key];
    }
    set(key, value) {
      if (Object.is(this.state[key], value)) return;
      this.state[key] = value;
      this.fire(`change:${key}`, value);
      this.fire("change", { [key]: value });
    }
    on(names, listener) {
      for (const name of names.split(/\s+/)) this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener]);
    }
    off(names, listener) {
      if (names == null) return this.listeners.clear();
      for (const name of names.split(/\s+/))
        this.listeners.set(name, listener ? (this.listeners.get(name) ?? []).filter((l) => l !== listener) : []);
    }
    fire(name, value) {
      for (const listener of this.listeners.get(name) ?? []) listener.call(this, this, value);
    }
    save_changes() {
      this.fire("saved");
    } // no kernel listens
    send() {}
  }

  /** Puts the binary traits, which the state carries as base64, back in their places as DataViews. */
  function withBuffers({ state, buffers = [] }) {
    for (const { path, data, encoding } of buffers) {
      const bytes =
        encoding === "hex"
          ? Uint8Array.from(data.match(/../g) ?? [], (h) => parseInt(h, 16))
          : Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
      path.slice(0, -1).reduce((at, key) => at[key], state)[path.at(-1)] = new DataView(bytes.buffer);
    }
    return state;
  }

  const modules = new Map(); // source → its default export, or a promise of it: equal sources are loaded once
  function load(source) {
    if (!modules.has(source)) {
      const url = () => URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
      modules.set(source, window.widgetModules?.[source]?.() ?? import(url()).then((module) => module.default));
    }
    return modules.get(source);
  }

  const styles = new Set();
  function dress(css) {
    if (!css || styles.has(css)) return;
    styles.add(css);
    document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
  }

  function fail(el, error) {
    console.error("widget:", error);
    el.style.minHeight = "";
    el.dataset.failed = "true";
    const message = Object.assign(document.createElement("p"), {
      className: "me-failed",
      textContent: `This figure could not start (${error.message ?? error}). Reload the page, or open the chapter as a notebook.`,
    });
    message.setAttribute("role", "alert");
    el.replaceChildren(message);
  }

  async function mount(el, id, models, initialised) {
    const model = models.get(id);
    if (!model) throw new Error(`the page holds no state for widget ${id}`);
    const source = model.get("_esm");
    if (source == null) throw new Error(`${model.get("_model_name") ?? "this control"} needs a running kernel`);
    dress(model.get("_css"));
    const loaded = await load(source);
    const widget = typeof loaded === "function" ? await loaded() : loaded;
    if (!initialised.has(id)) {
      initialised.add(id);
      await widget.initialize?.({ model });
    }
    return () => widget.render?.({ model, el });
  }

  const models = new Map(),
    initialised = new Set(),
    read = new Set(); // scripts that were looked at
  let shown = Promise.resolve(); // when all widgets so far stand, in the order of the page

  const unread = (kind) =>
    [...document.querySelectorAll(`script[type="${MIME}${kind}+json"]`)].filter((s) => !read.has(s) && read.add(s));

  /** Mounts every widget that the page has shown so far and nobody mounted yet. */
  function mountWidgets() {
    for (const script of unread("state")) {
      const { state, styles = [] } = JSON.parse(script.textContent);
      for (const [id, entry] of Object.entries(state)) {
        entry.state._css = styles[entry.state._css] ?? entry.state._css;
        models.set(id, new Model(withBuffers(entry)));
      }
    }
    for (const script of unread("view")) {
      const el = Object.assign(document.createElement("div"), { className: "me-host" });
      el.dataset.widgetHost = "page";
      const id = JSON.parse(script.textContent).model_id;
      // Heights on a phone, a tablet and a page, measured when the book was built, or two of the widget's kind: nothing
      // moves when it stands.
      const [phone, tablet, page = tablet] = script.dataset.sizes?.split(" ") ?? models.get(id)?.get("sizes") ?? [];
      if (phone) el.style.minHeight = `${innerWidth < 512 ? phone : innerWidth < 1100 ? tablet : page}px`;
      script.after(el);
      const ready = mount(el, id, models, initialised);
      ready.catch(() => {}); // reported in its turn
      shown = shown.then(() => show(el, ready));
    }
  }

  async function show(el, ready) {
    try {
      await (await ready)();
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          el.style.minHeight = "";
        }),
      ); // by then it is drawn
      el.dataset.ready = "true";
      el.dispatchEvent(new CustomEvent("widget-ready", { bubbles: true }));
    } catch (error) {
      fail(el, error);
    }
  }

  async function finish() {
    mountWidgets();
    await shown;
    document.documentElement.dataset.widgets = "ready";
    document.dispatchEvent(new CustomEvent("widgets-ready"));
  }

  window.mountWidgets = mountWidgets; // called behind each widget, so that it stands before the rest of the page is read
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", finish);
  else finish();
})();
