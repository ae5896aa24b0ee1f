// What a poster's page gains inside WeChat: "···" shares the poster's card instead of a page only staff may open,
// and a tap shows the poster as large as the screen. Without it, or without a signature, a long press does all that matters.
import { ready } from "./sdk.js";

const NAMES = ["updateAppMessageShareData", "updateTimelineShareData", "previewImage"];
const shown = () => document.querySelector("[data-share]");
let signed = false;

function share() {
  const figure = shown();
  if (!signed || !figure) return;
  const { title, words, link, picture } = figure.dataset;
  wx.updateAppMessageShareData({ title, desc: words, link, imgUrl: picture, success: () => { figure.dataset.shared = "yes"; } });
  wx.updateTimelineShareData({ title, link, imgUrl: picture });
}

async function begin() {
  signed = Boolean(await ready(NAMES, shown().dataset));
  share();
}

document.addEventListener("click", (event) => {
  if (!signed || !event.target.closest("[data-share] img")) return;
  const { large } = shown().dataset;
  wx.previewImage({ current: large, urls: [large] });
});
// Another design is another card, and is to be seen: the part of the page that holds both was exchanged.
new MutationObserver(() => { share(); shown()?.scrollIntoView({ block: "nearest" }); }).observe(document.querySelector("main"), { childList: true });
if (shown()) begin().catch(() => {});
