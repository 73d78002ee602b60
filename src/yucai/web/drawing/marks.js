// The marks of our charts. A custom series names the painter ("renderItem": "marks") and carries its marks in "marks";
// each mark names its kind. Heights are pixels on the sheet; "from", "to" and "value" are in units of the x axis.
"use strict";

var setTimeout = function () { return 0; };       // the engine has no clock, and no chart here moves
var clearTimeout = function () {};

var yucaiMarks = (function () {
  function textOf(mark, x, y) {
    return { type: "text", silent: true, style: {
      text: mark.text, x: x, y: y, fill: mark.fill, align: mark.align || "left", verticalAlign: "middle",
      fontSize: mark.size, fontWeight: mark.weight || "normal", fontFamily: mark.family } };
  }

  function clamp(value, axis) {
    return Math.max(axis[0], Math.min(axis[1], value));
  }

  // A line at pixels (x1, y1)-(x2, y2), or, when "value" is given, upright at that place of the axis.
  function rule(mark, api) {
    var upright = mark.value !== undefined && mark.value !== null;
    var x1 = upright ? Math.round(api.coord([mark.value, 0])[0]) : mark.x1;
    var x2 = upright ? x1 : mark.x2;
    return { type: "line", silent: true, shape: { x1: x1, y1: mark.y1, x2: x2, y2: mark.y2 },
      style: { stroke: mark.stroke, fill: "none", lineWidth: mark.width || 1, lineDash: mark.dash || null } };
  }

  // An arrow head at the end of an interval that goes on beyond the axis.
  function beyond(x, y, way, fill) {
    return { type: "polygon", silent: true, style: { fill: fill },
      shape: { points: [[x, y - 6], [x + way * 7, y], [x, y + 6]] } };
  }

  // The value itself: a dot, or a diamond where the row is one to look at.
  function point(x, y, mark) {
    var style = { fill: mark.fill, stroke: "#ffffff", lineWidth: 1.75 };
    if (mark.shape === "diamond") {
      return { type: "polygon", silent: true, style: style,
        shape: { points: [[x, y - 8.5], [x + 8.5, y], [x, y + 8.5], [x - 8.5, y]] } };
    }
    return { type: "circle", silent: true, shape: { cx: x, cy: y, r: mark.r }, style: style };
  }

  // From lower to upper bound, and the value on it.
  function interval(mark, api) {
    var left = api.coord([clamp(mark.from, mark.axis), 0])[0];
    var right = api.coord([clamp(mark.to, mark.axis), 0])[0];
    var x = api.coord([clamp(mark.value, mark.axis), 0])[0];
    var half = mark.height / 2;
    var parts = [{ type: "rect", silent: true, style: { fill: mark.band },
      shape: { x: left, y: mark.y - half, width: Math.max(right - left, 1), height: mark.height, r: half } }];
    if (mark.from < mark.axis[0]) { parts.push(beyond(left + 2, mark.y, -1, mark.band)); }
    if (mark.to > mark.axis[1]) { parts.push(beyond(right - 2, mark.y, 1, mark.band)); }
    parts.push(point(x, mark.y, mark));
    return { type: "group", silent: true, children: parts };
  }

  // A hollow box in pixels, dashed, with words in its middle: we cannot say where on the axis.
  function unknown(mark) {
    var box = { type: "rect", silent: true,
      shape: { x: mark.x, y: mark.y - mark.height / 2, width: mark.width, height: mark.height, r: mark.height / 2 },
      style: { fill: mark.band, stroke: mark.stroke, lineWidth: 1, lineDash: [3, 3] } };
    return { type: "group", silent: true, children: mark.text ?
      [box, textOf(mark, mark.x + mark.width / 2, mark.y)] : [box] };
  }

  function path(mark) {
    return { type: "polyline", silent: true, shape: { points: mark.points },
      style: { stroke: mark.stroke, lineWidth: mark.width, fill: "none" } };
  }

  function box(mark) {
    return { type: "rect", silent: true, style: { fill: mark.fill },
      shape: { x: mark.x, y: mark.y, width: mark.width, height: mark.height, r: mark.r || 0 } };
  }

  var kinds = {
    words: function (mark) { return textOf(mark, mark.x, mark.y); },
    dot: function (mark) { return point(mark.x, mark.y, mark); },
    rule: rule, interval: interval, unknown: unknown, path: path, box: box,
  };
  return function (marks) {
    return function (params, api) {
      var mark = marks[params.dataIndex];
      return kinds[mark.kind](mark, api);
    };
  };
})();

var yucaiPainters = { marks: function (series) { return yucaiMarks(series.marks); } };

// Called from Python. The answer is JSON because long strings do not come back whole from the engine.
function yucaiDraw(optionText, width, height) {
  var option = JSON.parse(optionText);
  option.animation = false;
  option.series.forEach(function (series) {
    if (series.renderItem) { series.renderItem = yucaiPainters[series.renderItem](series); }
  });
  var chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: width, height: height });
  try {
    chart.setOption(option);
    return JSON.stringify(chart.renderToSVGString());
  } finally {
    chart.dispose();
  }
}
