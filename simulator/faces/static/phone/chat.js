// A chat: a window onto its bubbles, newest at the bottom, older ones loaded while scrolling up.
//
// At most a few hundred bubbles are in the page.  It sticks to the bottom only when it is at the bottom; else
// new ones are counted on a button that leads there.
import { api, h, t, toast } from "../base.js";
import { bubbleNode, timeNode } from "./bubbles.js";
import { bottomBar } from "./composer.js";
import { act, go, on, read, standing, state } from "./store.js";

const PAGE = 60;
const MOST_AT_BOTTOM = 150;
const MOST = 600;
const SILENCE = 300; // seconds after which WeChat writes the time again

export function chatScreen(account) {
  const traveller = state.me;
  const list = h("ol", { class: "bubbles", role: "log", "aria-live": "polite", "aria-label": t(`与${account.name}的聊天`, `Chat with ${account.name}`) });
  const news = h("button", { type: "button", class: "news", hidden: true, onclick: () => toBottom(true) });
  const scroller = h("div", { class: "chat-scroll", tabindex: 0, "aria-label": t("聊天记录", "Messages") }, list);
  const title = h("h1", {}, account.name);
  const others = h("span", { class: "small" });
  const shown = []; // { bubble, node } in order
  let more = false, loading = false, detached = false, missed = 0, frame = 0, typingEnds = 0, gone = false;
  const waiting = []; // heard and not yet shown
  let crowd = 0, reloading = false; // how many of those were too many to keep
  let asked = 0;

  const say = (text, item) => send(item ? "choose" : "say", item ? { id: item } : { text }, { type: "text", content: { content: text } });
  const bar = bottomBar(account, { say, send });

  // `local` is what to show with a failure mark when the phone could not send it.
  async function send(name, facts, local) {
    try {
      await api(`travellers/${encodeURIComponent(traveller)}/${name}`, { body: { account: account.app_id, wait: false, ...facts } });
      toBottom();
      if (!state.online) await reload();
    } catch (error) {
      toast(error.message, "bad");
      if (!local) return;
      const bubble = { id: Infinity, sender: "traveller", time: shown.at(-1)?.bubble.time ?? 0, failed: error.message, ...local };
      bubble.retry = () => { drop(bubble); send(name, facts, local); };
      put([bubble]);
      toBottom();
    }
  }

  function drop(bubble) {
    const at = shown.findIndex((each) => each.bubble === bubble);
    if (at >= 0) shown.splice(at, 1)[0].node.remove();
  }

  const context = { account, say, send, openProfile: () => go({ screen: "profile", account: account.app_id, from: "chat" }) };
  const make = (bubble, before) => {
    const stamped = bubble.time && (!before || bubble.time - before.time > SILENCE);
    return { bubble, node: h("li", { data: { id: bubble.id, sender: bubble.sender } }, stamped ? timeNode(bubble.time) : null, bubbleNode(bubble, context)) };
  };

  const atBottom = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 48;

  function toBottom(force = false) {
    if (detached && force) { reload(); return; }
    scroller.scrollTop = scroller.scrollHeight;
    missed = 0;
    news.hidden = true;
  }

  function put(bubbles) {
    const stick = atBottom();
    const fresh = bubbles.filter((each) => each.failed || !shown.length || each.id > lastId());
    if (!fresh.length) return;
    const made = [];
    for (const bubble of fresh) made.push(make(bubble, made.at(-1)?.bubble ?? shown.at(-1)?.bubble));
    shown.push(...made);
    list.append(...made.map((each) => each.node));
    if (stick) {
      trimTop(MOST_AT_BOTTOM);
      toBottom();
    } else countNews(fresh.filter((each) => each.sender !== "traveller").length);
  }

  function countNews(more_) {
    missed += more_;
    news.hidden = missed === 0;
    news.textContent = t(`${missed} 条新消息 ↓`, `${missed} new ↓`);
  }

  const lastId = () => shown.findLast((each) => Number.isFinite(each.bubble.id))?.bubble.id ?? 0;

  function trimTop(most) {
    if (shown.length <= most) return;
    for (const each of shown.splice(0, shown.length - most)) each.node.remove();
    more = true;
  }

  async function reload() {
    // What is heard meanwhile waits: it may or may not be in the answer.
    const number = ++asked;
    reloading = true;
    crowd = 0;
    const answer = await page();
    if (number !== asked) return; // a newer one is under way
    reloading = false;
    if (gone) return;
    if (!answer) { flush(); return; }
    shown.length = 0;
    detached = false;
    list.setAttribute("aria-live", "off"); // a whole page is not news
    list.replaceChildren();
    for (const bubble of answer.bubbles) shown.push(make(bubble, shown.at(-1)?.bubble));
    list.append(...shown.map((each) => each.node));
    ({ more } = answer);
    toBottom();
    showTyping(answer.typing);
    const torn = crowd > 0 && waiting[0].id > lastId();
    crowd = 0;
    put(waiting.splice(0));
    if (torn) { reload(); return; } // more was said meanwhile than is kept
    setTimeout(() => list.setAttribute("aria-live", "polite"), 300);
    read(account.app_id);
  }

  async function older() {
    if (loading || !more) return;
    loading = true;
    const [first] = shown;
    const answer = await page(first?.bubble.id);
    loading = false;
    if (!answer || gone || shown[0] !== first) return;
    ({ more } = answer);
    const made = [];
    for (const bubble of answer.bubbles) made.push(make(bubble, made.at(-1)?.bubble));
    const height = scroller.scrollHeight, top = scroller.scrollTop;
    list.setAttribute("aria-live", "off");
    list.prepend(...made.map((each) => each.node));
    shown.unshift(...made);
    scroller.scrollTop = top + scroller.scrollHeight - height;
    if (shown.length > MOST) {
      for (const each of shown.splice(MOST)) each.node.remove();
      detached = true; // the newest are no longer in the page; reaching the end loads them again
    }
    setTimeout(() => list.setAttribute("aria-live", "polite"), 300);
  }

  const page = (before) => api("phone/chat", { query: { account: account.app_id, traveller, before, limit: PAGE } })
    .catch((error) => { toast(error.message, "bad"); return null; });

  function heard(event) {
    if (event.account !== account.app_id || event.traveller !== traveller) return;
    waiting.push(event.bubble);
    if (waiting.length > PAGE) crowd += waiting.splice(0, waiting.length - PAGE).length;
    if (event.bubble.sender !== "traveller") showTyping(false);
    // A hidden tab gets no animation frames; it catches up by a timer.
    frame ||= document.hidden ? setTimeout(flush, 200) : requestAnimationFrame(flush);
  }

  function flush() {
    frame = 0;
    if (gone || reloading) return;
    const bubbles = waiting.splice(0), lost = crowd;
    crowd = 0;
    if (lost && !detached && atBottom()) { reload(); return; }
    if (lost) detached = true; // a gap: the newest page is loaded when the person goes there
    if (detached) countNews(bubbles.length + lost);
    else put(bubbles);
    read(account.app_id);
  }

  function showTyping(now) {
    clearTimeout(typingEnds);
    title.textContent = now ? t("对方正在输入…", "Typing…") : account.name;
    if (now) typingEnds = setTimeout(() => showTyping(false), 15_000);
  }

  function countOthers() {
    const unread = Object.entries(state.travellers.get(traveller)?.accounts ?? {})
      .reduce((sum, [app, each]) => sum + (app === account.app_id ? 0 : each.unread), 0);
    others.textContent = unread ? String(unread) : "";
  }

  scroller.addEventListener("scroll", () => {
    if (scroller.scrollTop < 200) older();
    if (atBottom()) { if (detached) reload(); else { missed = 0; news.hidden = true; } }
  }, { passive: true });
  // Pictures arrive after their bubbles and push the end down; a chat that was at its end stays there.
  let stuck = true;
  scroller.addEventListener("scroll", () => { stuck = atBottom(); }, { passive: true });
  new ResizeObserver(() => { if (stuck && !detached) scroller.scrollTop = scroller.scrollHeight; }).observe(list);
  new ResizeObserver(() => { if (stuck) scroller.scrollTop = scroller.scrollHeight; }).observe(scroller);

  const seen = () => { if (!document.hidden) read(account.app_id); };
  document.addEventListener("visibilitychange", seen);
  const leaves = [
    on("chat", heard), on("person", (id) => { if (id === traveller) { countOthers(); bar.show(); } }),
    on("typing", (event) => { if (event.account === account.app_id && event.traveller === traveller) showTyping(event.on); }),
    on("clock", reload), on("reset", reload),
    () => document.removeEventListener("visibilitychange", seen), bar.leave,
    () => { gone = true; clearTimeout(typingEnds); },
  ];
  countOthers();
  bar.show();
  reload();
  const node = h("div", { class: "page chat" },
    h("header", { class: "nav-bar" },
      h("button", { type: "button", class: "nav-back", "aria-label": t("返回", "Back"), onclick: () => go({ screen: "chats" }) }, "‹", others),
      title,
      h("button", { type: "button", class: "nav-tool", "aria-label": t("公众号资料", "Account profile"), onclick: context.openProfile }, "⋯")),
    scroller, news, bar.node);
  return { node, leave: () => { for (const each of leaves) each(); }, focus: () => (standing(account.app_id).follows ? bar.focus() : null) };
}

export { act };
