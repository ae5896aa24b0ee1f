"""How well text can be read on a page: each visible text's contrast with what lies behind it."""

FAINT = """() => {
  const known = new Map();
  const parse = (colour) => {
    if (!known.has(colour)) known.set(colour, drawn(colour));
    return known.get(colour);
  };
  const drawn = (colour) => {
    const scratch = drawn.scratch ??= document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    scratch.clearRect(0, 0, 1, 1);
    scratch.fillStyle = colour;
    scratch.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = scratch.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((at) => top[at] * top[3] + below[at] * (1 - top[3])).concat(1);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((each) => (each /= 255) <= 0.03928 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const grounds = new Map([[null, [255, 255, 255, 1]]]);
  const behind = (node) => {
    if (!grounds.has(node)) grounds.set(node, over(parse(getComputedStyle(node).backgroundColor), behind(node.parentElement)));
    return grounds.get(node);
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    const words = walker.currentNode.textContent.trim();
    if (!words || node.closest("svg, :disabled, option, .hidden-visually") || !node.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const ground = behind(node);
    const [one, other] = [light(over(parse(getComputedStyle(node).color), ground)), light(ground)];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < 4.5) found.push(`${contrast.toFixed(2)} ${node.className || node.tagName}: ${words.slice(0, 30)}`);
  }
  return [...new Set(found)];
}"""


def faint(tab):
    """Texts whose contrast is under 4.5:1, with the contrast they have."""
    # An endless animation never finishes by itself, and refuses to be told to.
    tab.evaluate(
        "document.getAnimations().forEach(each => { try { each.finish() } catch { each.cancel() } })"
    )
    return tab.evaluate(FAINT)
