// ECharts without a browser: an option goes in, an SVG comes out. Dots, intervals and lines are not drawn here but by
// marks.py, which takes a hundredth of the time.
"use strict";

var setTimeout = function () { return 0; };       // the engine has no clock, and no chart here moves
var clearTimeout = function () {};

// Called from Python. The answer is JSON because long strings do not come back whole from the engine.
function yucaiDraw(optionText, width, height) {
  var option = JSON.parse(optionText);
  option.animation = false;
  var chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: width, height: height });
  try {
    chart.setOption(option);
    return JSON.stringify(chart.renderToSVGString());
  } finally {
    chart.dispose();
  }
}
