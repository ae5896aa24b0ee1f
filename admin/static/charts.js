// Draws the table of days as charts. Without this the table says the same.
// Blue, orange, green and grey are told apart by every kind of colour blindness; symbols and patterns differ as well.
const { echarts } = window;
const COLOURS = ["#226a9c", "#e59f2c", "#0f6b5c", "#7d8a8c"];
const SYMBOLS = ["circle", "rect", "triangle", "diamond"];
const table = document.getElementById("month");

function column(name) {
  const cells = [...table.querySelectorAll(`tbody [data-name="${name}"]`)].reverse();
  return {
    title: table.querySelector(`thead [data-name="${name}"]`).textContent.trim(),
    // A day without a value leaves a gap.
    values: cells.map((cell) => cell.dataset.value === "" ? null : Number(cell.dataset.value ?? cell.textContent.replaceAll(",", ""))),
    links: cells.map((cell) => cell.querySelector("a")?.href),
  };
}

function draw(place) {
  const style = getComputedStyle(document.documentElement);
  const ink = style.getPropertyValue("color") || "#566365";
  const columns = place.dataset.columns.split(" ").map(column);
  const kind = place.dataset.chart, unit = place.dataset.unit;
  const chart = echarts.getInstanceByDom(place) ?? echarts.init(place, null, { renderer: "canvas" });
  chart.setOption({
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    color: COLOURS,
    grid: { left: 8, right: 8, top: 36, bottom: 4, containLabel: true },
    legend: { top: 0, left: 0, textStyle: { color: ink }, inactiveColor: "#98a3a3" },
    tooltip: { trigger: "axis", renderMode: "richText", confine: true },
    xAxis: {
      type: "category",
      data: [...table.querySelectorAll("[data-day]")].map((row) => row.dataset.day).reverse(),
      axisLabel: { color: ink }, axisTick: { show: false },
    },
    yAxis: { type: "value", scale: place.dataset.scale === "fit", minInterval: unit ? undefined : 1, axisLabel: { color: ink }, splitLine: { lineStyle: { color: "rgba(128,140,140,.25)" } } },
    series: columns.map((one, place) => ({
      connectNulls: false,
      name: unit ? `${one.title} (${unit})` : one.title,
      data: one.values,
      type: kind === "line" ? "line" : "bar",
      stack: kind === "stack" ? "all" : undefined,
      barMaxWidth: 18,
      symbol: SYMBOLS[place], symbolSize: 6,
      lineStyle: { type: place ? "dashed" : "solid" },
      itemStyle: kind === "line" ? {} : { decal: place % 2 ? { symbol: "rect", dashArrayX: [2, 0], dashArrayY: [2, 4], rotation: 0.8, color: "rgba(255,255,255,.35)" } : undefined },
    })),
  }, true);
  chart.off("click");
  chart.on("click", (event) => {
    const link = columns[event.seriesIndex].links[event.dataIndex];
    if (link) location.href = link;
  });
}

if (table && echarts) {
  const places = [...document.querySelectorAll("[data-chart]")];
  table.closest("details").open = false;
  for (const place of places) { place.hidden = false; draw(place); }
  addEventListener("resize", () => { for (const place of places) echarts.getInstanceByDom(place)?.resize(); });
  new MutationObserver(() => places.forEach(draw)).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
}
