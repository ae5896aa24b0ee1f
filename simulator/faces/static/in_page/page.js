// Put first into every page of the phone's browser: WeChat's surroundings for the page, and a line to the phone.
(() => {
  const own = document.currentScript.dataset;
  const { token, origin, parent: phone, agent, snapshot } = own;
  const prefix = `/phone/web/${token}`;
  const go = `/phone/go/${token}/`;
  const tell = (facts) => window.parent.postMessage({ from: "page", ...facts }, phone);

  Object.defineProperty(Navigator.prototype, "userAgent", { get: () => agent, configurable: true });
  const shown = () => origin + (location.pathname.startsWith(prefix) ? location.pathname.slice(prefix.length) || "/" : location.pathname) + location.search + location.hash;

  // Addresses that scripts name: from the root, or with the page's own site in front.
  const placed = (url) => {
    const text = String(url);
    if (text.startsWith("/phone/")) return text;
    if (text.startsWith("/") && !text.startsWith("//")) return prefix + text;
    if (text === origin || text.startsWith(`${origin}/`)) return prefix + (text.slice(origin.length) || "/");
    return text;
  };
  const { fetch, XMLHttpRequest: XHR, history } = window;
  window.fetch = (input, options) => fetch.call(window, typeof input === "string" || input instanceof URL ? placed(input) : input, options);
  const open = XHR.prototype.open;
  XHR.prototype.open = function (method, url, ...rest) { return open.call(this, method, placed(url), ...rest); };
  const beacon = navigator.sendBeacon.bind(navigator);
  navigator.sendBeacon = (url, data) => beacon(placed(url), data);
  for (const name of ["pushState", "replaceState"]) {
    const kept = history[name].bind(history);
    history[name] = (state, title, url) => { kept(state, title, url === undefined || url === null ? url : placed(url)); arrived(); };
  }

  // Links and forms that scripts made after the page was rewritten; a page has no other windows.
  const moved = (url) => {
    const near = placed(url);
    if (near !== url || !/^https?:\/\//i.test(url) || url.startsWith(`${location.origin}/`)) return near;
    return go + btoa(String.fromCharCode(...new TextEncoder().encode(url))).replaceAll("+", "-").replaceAll("/", "_");
  };
  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link) return;
    link.removeAttribute("target");
    const href = link.getAttribute("href");
    if (moved(href) !== href) link.setAttribute("href", moved(href));
  }, true);
  addEventListener("submit", (event) => {
    event.target.removeAttribute("target");
    const action = event.target.getAttribute("action");
    if (action && moved(action) !== action) event.target.setAttribute("action", moved(action));
  }, true);
  window.open = (url) => { if (url) location.href = moved(String(url)); return null; };

  // The JS-SDK when a script asks for it.
  const source = Object.getOwnPropertyDescriptor(HTMLScriptElement.prototype, "src");
  Object.defineProperty(HTMLScriptElement.prototype, "src", {
    ...source, set(url) { source.set.call(this, /\/\/res2?\.wx\.qq\.com\/open\/js\/jweixin/.test(url) ? "/phone/in-page/jweixin.js" : placed(url)); },
  });

  // Where we are.
  let told = "";
  function arrived() {
    const now = `${shown()} ${document.title}`;
    if (now === told) return;
    told = now;
    tell({ kind: "page", url: shown(), title: document.title, snapshot });
  }
  addEventListener("DOMContentLoaded", arrived);
  addEventListener("load", arrived);
  addEventListener("pageshow", (event) => { if (event.persisted) { told = ""; arrived(); } });
  addEventListener("hashchange", arrived);
  addEventListener("popstate", arrived);

  // A long press (or the other button) on a picture.
  let press = 0;
  const pictureAt = (event) => event.target.closest?.("img") ?? null;
  const offer = async (image) => {
    const src = image.currentSrc || image.src;
    if (!src.startsWith("blob:") && !src.startsWith("data:")) {
      const here = new URL(src);
      return tell({ kind: "image", src: here.origin === location.origin && here.pathname.startsWith(prefix) ? origin + here.pathname.slice(prefix.length) + here.search : src });
    }
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    canvas.getContext("2d").drawImage(image, 0, 0);
    return tell({ kind: "image", src: "", data: canvas.toDataURL("image/png") });
  };
  addEventListener("contextmenu", (event) => { const image = pictureAt(event); if (image) { event.preventDefault(); clearTimeout(press); offer(image); } });
  addEventListener("touchstart", (event) => { const image = pictureAt(event); if (image) press = setTimeout(() => offer(image), 600); }, { passive: true });
  for (const name of ["touchend", "touchmove", "touchcancel"]) addEventListener(name, () => clearTimeout(press), { passive: true });

  // A field that may want the code of a text message.
  const fields = "input:not([type=checkbox]):not([type=radio]):not([type=submit]):not([type=button]), textarea";
  let field = null;
  const wantsCode = (each) => each.autocomplete === "one-time-code" || /code|captcha|sms|otp/i.test(`${each.name} ${each.id}`) || /验证码/.test(`${each.placeholder} ${each.labels?.[0]?.textContent}`);
  addEventListener("focusin", (event) => { if (event.target.matches?.(fields)) { field = event.target; tell({ kind: "focus", on: wantsCode(field) }); } });
  function fill(text) {
    const target = field?.isConnected && wantsCode(field) ? field : [...document.querySelectorAll(fields)].find(wantsCode) ?? field;
    if (!target) return;
    const own = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(target), "value");
    own.set.call(target, text); // as typing does, past what a framework put over it
    target.dispatchEvent(new Event("input", { bubbles: true }));
    target.dispatchEvent(new Event("change", { bubbles: true }));
    target.focus();
  }

  // Calls to the phone and their answers.
  const waiting = new Map();
  let number = 0;
  const call = (name, args) => new Promise((resolve) => { number += 1; waiting.set(number, resolve); tell({ kind: "call", id: number, name, args }); });
  addEventListener("message", ({ source, origin: sender, data }) => {
    if (source !== window.parent || sender !== phone || data?.from !== "phone") return;
    if (data.kind === "fill") fill(String(data.text));
    if (data.kind === "answer") { waiting.get(data.id)?.(data.result); waiting.delete(data.id); }
  });

  // What jweixin.js builds on, and the older bridge some pages use directly.
  const config = async (facts) => (await fetch(`/phone/js/${token}/config`, {
    method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ...facts, path: shown().slice(origin.length).split("#")[0], href: location.href.split("#")[0] }),
  })).json();
  Object.defineProperty(window, "__simulatedWeChat", { value: { call, config } });
  window.__wxjs_environment = undefined;
  window.WeixinJSBridge = {
    invoke: async (name, args, done = () => {}) => {
      const simple = { closeWindow: "closeWindow", imagePreview: "previewImage" }[name] ?? name;
      const result = await call(simple, args ?? {});
      done({ err_msg: `${name}:${result?.failed ? "fail" : "ok"}`, ...result });
    },
    call: (name) => { call(name === "closeWindow" ? "closeWindow" : name, {}); },
    on: () => {},
  };
  addEventListener("DOMContentLoaded", () => document.dispatchEvent(new Event("WeixinJSBridgeReady")));
})();
