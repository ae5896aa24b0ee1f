// WeChat's own functions for a page: loads the JS-SDK and has the page signed for the names it wants.
// Resolves to `wx`, or to nothing where there is none: outside of WeChat, and while it gives no signature.
const SDK = "https://res.wx.qq.com/open/js/jweixin-1.6.0.js";

function load() {
  return new Promise((done, failed) => {
    const script = document.createElement("script");
    script.addEventListener("load", done);
    script.addEventListener("error", failed);
    script.src = SDK;
    document.head.append(script);
  });
}

export async function ready(names, { sdk, page }) {
  const [answer] = await Promise.all([fetch(`${sdk}?url=${encodeURIComponent(page)}`), load()]);
  if (!answer.ok || !window.wx) return null;
  const facts = await answer.json();
  return new Promise((done) => {
    wx.ready(() => done(wx));
    wx.error?.(() => done(null));
    wx.config({ ...facts, jsApiList: names });
  });
}
