// Draws the page's tables as charts. Without this the tables say the same.
// Blue, orange and green are told apart by every kind of colour blindness; the heat map goes from light to dark.
const { echarts } = window;
const COLOURS = ["#2f7fb8", "#e59f2c", "#1f8f7b"];
const HEAT = ["#f3f1ea", "#c9dcd6", "#7fb3a6", "#2c7f70", "#0a4038"];
const numberOf = (cell) => Number(cell.textContent.replaceAll(",", "").trim());

function base() {
  const ink = getComputedStyle(document.documentElement).getPropertyValue("color") || "#566365";
  const line = { lineStyle: { color: "rgba(128,140,140,.25)" } };
  return {
    ink,
    options: {
      animation: false, color: COLOURS,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: ink },
      grid: { left: 8, right: 16, top: 36, bottom: 4, containLabel: true },
      tooltip: { renderMode: "richText", confine: true },
      legend: { top: 0, left: 0, textStyle: { color: ink }, inactiveColor: "#98a3a3" },
    },
    values: { type: "value", minInterval: 1, axisLabel: { color: ink }, splitLine: line },
    words: (data) => ({ type: "category", data, axisLabel: { color: ink }, axisTick: { show: false } }),
  };
}

const DRAW = {
  times(table) {
    const rows = [...table.querySelectorAll("tbody tr")].reverse();
    const names = ["scans", "follows", "leaves"].filter((name) => table.querySelector(`thead [data-name="${name}"]`));
    const { options, values, words } = base();
    return { ...options, tooltip: { ...options.tooltip, trigger: "axis" },
      xAxis: words(rows.map((row) => row.dataset.time)), yAxis: values,
      series: names.map((name, place) => ({
        name: table.querySelector(`thead [data-name="${name}"]`).textContent.trim(),
        data: rows.map((row) => numberOf(row.querySelector(`[data-name="${name}"]`))),
        type: place ? "line" : "bar", barMaxWidth: 24,
        symbol: ["circle", "rect", "triangle"][place], symbolSize: 7,
        lineStyle: { type: place === 2 ? "dashed" : "solid", width: 2 },
      })) };
  },
  steps(table) {
    const rows = [...table.querySelectorAll("tbody tr")];
    const { options, values, words, ink } = base();
    return { ...options, legend: undefined, grid: { ...options.grid, top: 8, right: 56 }, xAxis: values,
      yAxis: { ...words(rows.map((row) => row.cells[0].textContent.trim())), inverse: true },
      series: [{ type: "bar", barMaxWidth: 26, data: rows.map((row) => Number(row.cells[1].dataset.value)),
        label: { show: true, position: "right", color: ink } }] };
  },
  ranking(table) {
    const rows = [...table.querySelectorAll("tbody tr")].slice(0, 10);
    const { options, values, words } = base();
    const short = (name) => (name.length > 14 ? `${name.slice(0, 13)}…` : name);
    const pick = (row, name) => numberOf(row.querySelector(`td[data-name="${name}"]`));
    const title = (name) => table.querySelectorAll("thead th")[[...rows[0].cells].findIndex((cell) => cell.dataset.name === name)].textContent.trim();
    return { ...options, tooltip: { ...options.tooltip, trigger: "axis" }, xAxis: values,
      yAxis: { ...words(rows.map((row) => short(row.cells[0].dataset.name))), inverse: true },
      series: ["scans", "follows"].map((name, place) => ({
        name: title(name), type: "bar", barMaxWidth: 12, data: rows.map((row) => pick(row, name)),
        itemStyle: place ? { decal: { symbol: "rect", dashArrayX: [2, 0], dashArrayY: [2, 4], rotation: 0.8, color: "rgba(255,255,255,.35)" } } : {},
      })) };
  },
  hours(table, place) {
    const days = [...table.querySelectorAll("tbody tr")];
    const data = days.flatMap((row, day) => [...row.querySelectorAll("td")].map((cell, hour) => [hour, day, numberOf(cell)]));
    const { options, words, ink } = base();
    return { ...options, legend: undefined, grid: { ...options.grid, top: 8, bottom: 44 },
      xAxis: words([...Array(24).keys()].map(String)),
      yAxis: { ...words(days.map((row) => row.cells[0].textContent.trim())), inverse: true },
      visualMap: { min: 0, max: Math.max(1, ...data.map((one) => one[2])), orient: "horizontal", left: 0, bottom: 0,
        text: [place.dataset.high, place.dataset.low], textStyle: { color: ink }, inRange: { color: HEAT }, itemHeight: 120, itemWidth: 12 },
      series: [{ type: "heatmap", data, itemStyle: { borderColor: "rgba(255,255,255,.6)", borderWidth: 1 } }] };
  },
};

function draw(place) {
  const table = document.getElementById(place.dataset.draws);
  if (!table || !table.querySelector("tbody tr")) { place.hidden = true; return; }
  place.hidden = false;
  const chart = echarts.getInstanceByDom(place) ?? echarts.init(place, null, { renderer: "canvas" });
  chart.setOption(DRAW[place.dataset.draws](table, place), true);
}

if (echarts) {
  const places = [...document.querySelectorAll("[data-draws]")];
  document.querySelector("#hours")?.closest("details")?.removeAttribute("open");
  places.forEach(draw);
  addEventListener("resize", () => places.forEach((place) => echarts.getInstanceByDom(place)?.resize()));
  new MutationObserver(() => places.forEach(draw)).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
}
