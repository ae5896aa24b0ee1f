// Pictures: taking or choosing one (made smaller here, as a phone does), the album, and the viewer.
import { api, h, t, toast } from "../base.js";
import { act, state } from "./store.js";
import { choose, sheet } from "./sheets.js";

const LONGEST = 1440;

// A data: address of the picture, at most 1440 pixels long.
export async function shrunk(file, longest = LONGEST) {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) throw new Error(t("这不是图片", "This is not a picture"));
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const paint = canvas.getContext("2d");
  paint.fillStyle = "#fff"; // JPEG has no transparency
  paint.fillRect(0, 0, canvas.width, canvas.height);
  paint.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/jpeg", 0.88);
}

export function pickFile({ camera = false } = {}) {
  return new Promise((resolve) => {
    const input = h("input", { type: "file", accept: "image/*", capture: camera ? "environment" : null, class: "hidden-visually", tabindex: -1, "aria-hidden": "true" });
    input.addEventListener("change", () => { resolve(input.files[0] ?? null); input.remove(); });
    input.addEventListener("cancel", () => { resolve(null); input.remove(); });
    document.body.append(input);
    input.click();
  });
}

// Resolves the data: address of a chosen picture, or null.
export function choosePicture({ camera = true, album = true } = {}) {
  return new Promise((resolve) => {
    const take = (call) => async () => {
      try { resolve(await call()); } catch (error) { toast(error.message, "bad"); resolve(null); }
    };
    const from = async (options) => { const file = await pickFile(options); return file ? shrunk(file) : null; };
    choose(t("选择图片", "Choose a picture"), [
      ...(camera ? [[t("拍照", "Take a photograph"), take(() => from({ camera: true }))]] : []),
      ...(album ? [[t("从电脑或手机选择", "Choose a file"), take(() => from())], [t("从旅客的相册选择", "From the traveller's album"), take(() => albumSheet({ asks: true }))]] : []),
      [t("画一张示例图片", "Draw a sample"), take(async () => sample())],
    ], () => resolve(null));
  });
}

// A landscape of our own, different each time.
function sample() {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [720, 960];
  const paint = canvas.getContext("2d");
  const hue = Math.floor(Math.random() * 360);
  const sky = paint.createLinearGradient(0, 0, 0, 960);
  sky.addColorStop(0, `hsl(${hue} 55% 72%)`);
  sky.addColorStop(1, `hsl(${hue + 40} 70% 92%)`);
  paint.fillStyle = sky;
  paint.fillRect(0, 0, 720, 960);
  paint.fillStyle = "#fff8";
  paint.beginPath();
  paint.arc(520, 220, 70, 0, 7);
  paint.fill();
  for (let row = 0; row < 4; row += 1) {
    paint.fillStyle = `hsl(${hue + 120} ${30 + row * 6}% ${60 - row * 12}%)`;
    paint.beginPath();
    paint.moveTo(0, 960);
    for (let x = 0; x <= 720; x += 40) paint.lineTo(x, 480 + row * 110 - Math.sin(x / 90 + row * 2 + hue) * 70);
    paint.lineTo(720, 960);
    paint.fill();
  }
  return canvas.toDataURL("image/jpeg", 0.88);
}

const albumPath = (name) => `/sim/phone/album/${encodeURIComponent(state.me)}/${name}`;

export async function saveToAlbum(facts) {
  try {
    await api(`phone/album/${encodeURIComponent(state.me)}`, { body: facts });
    toast(t("已保存到相册", "Saved to the album"));
  } catch (error) { toast(error.message, "bad"); }
}

// The traveller's pictures.  With `asks` it resolves the chosen one as a data: address, or null.
export function albumSheet({ asks = false } = {}) {
  return new Promise((resolve) => {
    const grid = h("div", { class: "album" });
    const made = sheet({ title: t("相册", "Album"), kind: "tall", onclose: (data) => resolve(data ?? null), tools: [
      h("button", { type: "button", class: "plain text-link", onclick: async () => { const file = await pickFile(); if (file) { await saveToAlbum({ data: await shrunk(file) }); show(); } } }, t("添加", "Add")),
    ] }, h("div", { class: "sheet-body" }, grid));
    const show = async () => {
      const { pictures } = await api(`phone/album/${encodeURIComponent(state.me)}`).catch(() => ({ pictures: [] }));
      grid.replaceChildren(...pictures.map((name, index) => h("button", {
        type: "button", class: "plain", "aria-label": t(`图片 ${index + 1}`, `Picture ${index + 1}`),
        onclick: async () => { if (asks) made.close(await dataOf(albumPath(name))); else pictureViewer(albumPath(name)); },
      }, h("img", { src: albumPath(name), alt: "", loading: "lazy" }))));
      if (!pictures.length) grid.replaceChildren(h("p", { class: "empty" }, t("相册是空的。在网页或聊天里保存的图片会到这里。", "The album is empty. Pictures saved from pages and chats come here.")));
    };
    show();
  });
}

export async function dataOf(path) {
  const blob = await (await fetch(path)).blob();
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

// A picture large; what one may do with it is behind the button (and a long press).
export function pictureViewer(path, own = "") {
  const menu = async () => choose(t("图片", "Picture"), [
    [t("保存到相册", "Save to the album"), async () => saveToAlbum(await facts())],
    [t("识别图中的二维码", "Scan the code in the picture"), async () => (await import("./scan.js")).scanPicture(await (await fetch(path)).blob())],
    ...(state.place.screen === "chat" ? [[t("发送给当前公众号", "Send to this account"), async () => act("send", state.place.account, { type: "image", data: await dataOf(path), wait: false })]] : []),
  ]);
  const facts = async () => (path.startsWith("/") || path.startsWith("data:") ? { data: await dataOf(path) } : { url: own || path });
  const image = h("img", { src: path, alt: t("图片", "Picture"), referrerpolicy: "no-referrer" });
  image.addEventListener("contextmenu", (event) => { event.preventDefault(); menu(); });
  sheet({ title: t("图片", "Picture"), kind: "full dark", tools: [h("button", { type: "button", class: "plain text-link", "aria-label": t("更多", "More"), onclick: menu }, "⋯")] },
    h("div", { class: "sheet-body viewer" }, image));
}
