// The phone: people on the left, their phone in the middle, what happens on the right.
import { h, t } from "./base.js";
import { contextPanel } from "./phone/context.js";
import { device } from "./phone/device.js";
import { peoplePanel } from "./phone/people.js";
import { on, start } from "./phone/store.js";

const PANELS = [["people", "旅客", "Travellers"], ["device", "手机", "Phone"], ["context", "情况", "Events"]];

const root = document.getElementById("phone-face");
const tabs = h("div", { class: "panel-tabs", role: "tablist", "aria-label": t("面板", "Panels") },
  PANELS.map(([name, zh, en]) => h("button", {
    type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `panel-${name}`, onclick: () => turnTo(name),
  }, t(zh, en))));

function turnTo(name) {
  root.dataset.panel = name;
  for (const [each] of PANELS) document.getElementById(`tab-${each}`).setAttribute("aria-selected", String(each === name));
}

root.append(tabs, peoplePanel(), device(), contextPanel());
turnTo("device");
on("turn", turnTo);
start();
