// 扫一扫: one of the platform's codes from a list, or a picture that is dropped, pasted, photographed or saved.
import { api, h, t, toast } from "../base.js";
import { albumSheet, dataOf, pickFile, shrunk } from "./pictures.js";
import { sheet } from "./sheets.js";
import { act, go, nobody, standing, state } from "./store.js";
import { openWeb } from "./web.js";

// Opens the sheet.  With `asks` it resolves the scanned text (null when dismissed) and does nothing with it.
export function scan({ asks = false } = {}) {
  if (!state.me) { nobody(); return Promise.resolve(null); }
  return new Promise((resolve) => {
    const found = (text) => { made.close(text); };
    const made = sheet({ title: t("扫一扫", "Scan"), kind: "tall", onclose: (text) => { resolve(text ?? null); if (text && !asks) settle(text); } },
      h("div", { class: "sheet-body scan" }, pictureZone(found), list(found)));
    const paste = (event) => {
      const file = [...(event.clipboardData?.files ?? [])].find((each) => each.type.startsWith("image/"));
      if (file) { event.preventDefault(); read(file, found); }
    };
    made.frame.addEventListener("paste", paste);
  });
}

function pictureZone(found) {
  const zone = h("div", { class: "drop-zone" },
    h("p", {}, t("把带二维码的图片拖到这里，或粘贴", "Drop a picture with a code here, or paste it")),
    h("div", { class: "buttons" },
      h("button", { type: "button", onclick: async () => { const file = await pickFile(); if (file) read(file, found); } }, t("选择图片", "Choose a file")),
      h("button", { type: "button", onclick: async () => { const file = await pickFile({ camera: true }); if (file) read(file, found); } }, t("拍照", "Camera")),
      h("button", { type: "button", onclick: async () => { const data = await albumSheet({ asks: true }); if (data) read(await (await fetchData(data)), found); } }, t("相册", "Album"))));
  zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("over"); });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    const [file] = event.dataTransfer.files;
    if (file) read(file, found);
  });
  return zone;
}

function list(found) {
  const rows = h("ul", { class: "codes" });
  const count = h("p", { class: "small muted" });
  let asked = 0, number = 0;
  const search = h("input", { type: "search", placeholder: t("搜索场景值或公众号", "Search scene or account"), "aria-label": t("搜索二维码", "Search codes"), oninput: () => { clearTimeout(asked); asked = setTimeout(show, 150); } });
  async function show() {
    const mine = ++number;
    const answer = await api("phone/codes", { query: { q: search.value.trim(), limit: 60 } }).catch((error) => { toast(error.message, "bad"); return { codes: [], total: 0 }; });
    if (mine !== number) return;
    rows.replaceChildren(...answer.codes.map((code) => h("li", {}, h("button", { type: "button", class: "plain code", disabled: !code.valid, onclick: () => found(code.url) },
      h("img", { src: `/sim/codes/picture?ticket=${encodeURIComponent(code.ticket)}`, alt: "", loading: "lazy", width: 72, height: 72 }),
      h("span", { class: "cell-main" }, h("strong", { class: "ellipsis" }, code.scene), h("span", { class: "small muted ellipsis" }, code.account_name),
        h("span", { class: "small muted" }, !code.valid ? t("已过期", "Expired") : code.expires ? t("临时", "Temporary") : t("永久", "Permanent")))))));
    count.textContent = answer.total > answer.codes.length ? t(`共 ${answer.total} 个，请搜索`, `${answer.total} in all; search to narrow`) : answer.total ? "" : t("平台上还没有带参数二维码", "There are no parametric codes yet");
  }
  show();
  return h("section", { "aria-label": t("平台上的二维码", "Codes on the platform") }, h("h4", {}, t("平台上的二维码", "Codes on the platform")), search, rows, count);
}

const fetchData = async (data) => new Blob([Uint8Array.from(atob(data.split(",")[1]), (each) => each.charCodeAt(0))], { type: "image/jpeg" });

async function read(file, found) {
  try {
    const texts = await textsIn(file);
    if (texts.length) found(texts[0]);
    else toast(t("图片里没有找到二维码", "No code found in the picture"), "bad");
  } catch (error) { toast(error.message, "bad"); }
}

// The browser reads codes itself where it can; else the simulator does.
async function textsIn(file) {
  try {
    if ("BarcodeDetector" in window && (await BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
      const seen = await new BarcodeDetector({ formats: ["qr_code"] }).detect(await createImageBitmap(file));
      if (seen.length) return seen.map((each) => each.rawValue);
    }
  } catch { /* then the simulator */ }
  const { texts } = await api("decode", { body: { data: await shrunk(file, 2400) } });
  return texts;
}

export async function scanPicture(blob) {
  await read(blob, settle);
}

// What a phone does with a scanned text: a platform's code follows or scans, an address opens, text is shown.
export async function settle(text) {
  const seen = await api("phone/recognise", { body: { text } }).catch((error) => { toast(error.message, "bad"); return null; });
  if (!seen) return;
  if (seen.kind === "code") {
    const { code } = seen;
    if (!code.valid) { toast(t("二维码已过期", "This code has expired"), "bad"); return; }
    if (standing(code.account).follows) {
      go({ screen: "chat", account: code.account });
      await act("scan", code.account, { ticket: code.ticket, wait: false });
    } else go({ screen: "profile", account: code.account, ticket: code.ticket, scene: code.scene, from: "chats" });
  } else if (seen.kind === "url") openWeb(text);
  else if (seen.kind === "stranger") toast(t("这个二维码不属于模拟平台上的公众号", "This code belongs to no account of this platform"), "bad");
  else sheet({ title: t("扫描结果", "Scanned text") }, h("div", { class: "sheet-body" }, h("p", { class: "selectable" }, text)));
}

export { dataOf };
