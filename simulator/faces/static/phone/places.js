// Choosing where one is: a few places a Chinese traveller would be at, or coordinates.
import { h, t } from "../base.js";
import { map } from "./cards.js";
import { sheet } from "./sheets.js";

const PLACES = [
  ["人民广场", "上海市黄浦区人民大道", 31.2304, 121.4737], ["外滩", "上海市黄浦区中山东一路", 31.2397, 121.4900],
  ["虹桥火车站", "上海市闵行区申贵路1500号", 31.1944, 121.3208], ["西湖断桥", "浙江省杭州市西湖区北山街", 30.2587, 120.1519],
  ["拙政园", "江苏省苏州市姑苏区东北街178号", 31.3246, 120.6286], ["夫子庙", "江苏省南京市秦淮区贡院街", 32.0224, 118.7887],
  ["天安门广场", "北京市东城区长安街", 39.9054, 116.3976], ["春熙路", "四川省成都市锦江区春熙路", 30.6571, 104.0817],
  ["回民街", "陕西省西安市莲湖区北院门", 34.2636, 108.9389], ["大东海", "海南省三亚市吉阳区榆亚路", 18.2226, 109.5236],
  ["黄山风景区", "安徽省黄山市黄山区汤口镇", 30.1310, 118.1680], ["鼓浪屿", "福建省厦门市思明区鼓浪屿", 24.4478, 118.0675],
];

// Resolves { latitude, longitude, label, name }, or null when dismissed.
export function choosePlace() {
  return new Promise((resolve) => {
    const first = h("input", { inputmode: "decimal", placeholder: t("纬度 31.2304", "Latitude 31.2304"), "aria-label": t("纬度", "Latitude"), required: true });
    const second = h("input", { inputmode: "decimal", placeholder: t("经度 121.4737", "Longitude 121.4737"), "aria-label": t("经度", "Longitude"), required: true });
    const made = sheet({ title: t("位置", "Location"), kind: "tall", onclose: (chosen) => resolve(chosen ?? null) },
      h("div", { class: "sheet-body" },
        map(31.2304, 121.4737),
        h("ul", { class: "cells" }, PLACES.map(([name, label, latitude, longitude]) => h("li", {}, h("button", {
          type: "button", class: "plain cell", onclick: () => made.close({ latitude, longitude, label: `${label}（${name}）`, name }),
        }, h("span", { class: "cell-main" }, h("span", {}, name), h("span", { class: "cell-text ellipsis" }, label)))))),
        h("form", { class: "row coordinates", onsubmit: (event) => {
          event.preventDefault();
          const [latitude, longitude] = [Number(first.value), Number(second.value)];
          if (Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180) made.close({ latitude, longitude, label: `${latitude}, ${longitude}`, name: "" });
          else first.focus();
        } }, first, second, h("button", { type: "submit" }, t("用这个", "Use")))));
  });
}
