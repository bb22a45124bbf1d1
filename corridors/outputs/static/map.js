/* Reads the page's data block, decodes lines, writes names, and shows every word as text.
   Nothing here ever sets innerHTML: names of schools, streets and organisations are data. */
var corridorsMap = (function () {
  "use strict";
  var data = JSON.parse(document.getElementById("map-data").textContent);
  var growing = [];
  var byCorridor = {};
  var BASE_ZOOM = 15.5;

  /* Encoded Polyline Algorithm Format, a blank between lines, differences carried on. */
  function lines(key) {
    var text = data.lines[key];
    var all = [], line = [], here = [0, 0], axis = 0, value = 0, shift = 0;
    for (var i = 0; i < text.length; i++) {
      var bits = text.charCodeAt(i) - 63;
      if (bits < 0) { all.push(line); line = []; continue; }
      value |= (bits & 31) << shift;
      shift += 5;
      if (bits & 32) { continue; }
      here[axis] += (value >>> 1) ^ -(value & 1);
      if (axis === 1) { line.push([here[0] / 1e5, here[1] / 1e5]); }
      axis = 1 - axis; value = 0; shift = 0;
    }
    all.push(line);
    return all;
  }

  function box(rows) {
    var node = document.createElement("div");
    rows.forEach(function (row, n) {
      var part = document.createElement(n === 0 ? "strong" : "div");
      part.textContent = row;
      node.appendChild(part);
    });
    return node;
  }

  function describe(layer, key) {
    var rows = data.texts[key];
    layer.bindPopup(box(rows), { maxWidth: 260 });
    layer.bindTooltip(box(rows.slice(0, 2)), { sticky: true });
  }

  function grow(layer, weight, least) { growing.push([layer, weight, least]); }

  function know(layer, corridorId) { byCorridor[corridorId] = layer; }

  function factor(zoom) {
    return Math.max(0.1, Math.min(4, Math.pow(2, (zoom - BASE_ZOOM) / 1.35)));
  }

  /* Names along streets and beside schools, drawn once a move, none over another. */
  var Names = L.Layer.extend({
    onAdd: function (map) {
      var pane = map.createPane("names");
      pane.style.zIndex = 620;
      pane.style.pointerEvents = "none";
      this._canvas = L.DomUtil.create("canvas", "map-names", pane);
      map.on("moveend zoomend resize viewreset", this.draw, this);
      map.on("zoomstart", this.hide, this);
      this.draw();
    },
    hide: function () { this._canvas.style.visibility = "hidden"; },
    draw: function () {
      var map = this._map, size = map.getSize(), ratio = window.devicePixelRatio || 1;
      var canvas = this._canvas, pen = canvas.getContext("2d");
      L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([0, 0]));
      canvas.width = size.x * ratio; canvas.height = size.y * ratio;
      canvas.style.width = size.x + "px"; canvas.style.height = size.y + "px";
      canvas.style.visibility = "";
      pen.scale(ratio, ratio);
      pen.textBaseline = "middle"; pen.lineJoin = "round";
      var zoom = map.getZoom(), taken = [];
      function free(spots) {
        return spots.every(function (a) {
          return taken.every(function (b) {
            return Math.abs(a[0] - b[0]) > a[2] + b[2] || Math.abs(a[1] - b[1]) > a[2] + b[2];
          });
        });
      }
      function write(name, places, angle, font, color, halo) {
        pen.font = font;
        var width = pen.measureText(name).width, dx = Math.cos(angle), dy = Math.sin(angle);
        for (var i = 0; i < places.length; i++) {
          var at = places[i].side === undefined ? places[i]
            : L.point(places[i].x + places[i].side * (width / 2 + 14), places[i].y);
          if (angle === 0 && size.x > width + 8) {
            at = L.point(Math.max(width / 2 + 4, Math.min(size.x - width / 2 - 4, at.x)), at.y);
          }
          var spots = [];
          for (var d = -width / 2; d <= width / 2; d += 7) {
            spots.push([at.x + d * dx, at.y + d * dy, 7]);
          }
          if (!free(spots)) { continue; }
          taken = taken.concat(spots);
          pen.save();
          pen.translate(at.x, at.y); pen.rotate(angle);
          pen.textAlign = "center";
          pen.lineWidth = 3.5; pen.strokeStyle = halo; pen.strokeText(name, 0, 0);
          pen.fillStyle = color; pen.fillText(name, 0, 0);
          pen.restore();
          return;
        }
      }
      var seen = map.getBounds().pad(0.05);
      data.dots.forEach(function (dot) {
        var at = map.latLngToContainerPoint([dot[0], dot[1]]);
        taken.push([at.x, at.y, 9]);
      });
      if (zoom >= 13) {
        data.dots.forEach(function (dot) {
          if (!seen.contains([dot[0], dot[1]])) { return; }
          var at = map.latLngToContainerPoint([dot[0], dot[1]]);
          var places = [L.point(at.x, at.y + 19), L.point(at.x, at.y - 19),
            { x: at.x, y: at.y, side: 1 }, { x: at.x, y: at.y, side: -1 }];
          write(dot[2], places, 0, "600 13px system-ui, sans-serif",
            "#14181f", "rgba(255,255,255,.95)");
        });
      }
      data.names.forEach(function (row) {
        if (zoom < (row[4] ? 14 : 15.5) || !seen.contains([row[1], row[2]])) { return; }
        var at = map.latLngToContainerPoint([row[1], row[2]]);
        write(row[0], [at], -row[3] * Math.PI / 180,
          (row[4] ? "500 12px" : "11.5px") + " system-ui, sans-serif",
          "#4a4438", "rgba(255,255,255,.9)");
      });
    }
  });

  function finish(map) {
    function restyle() {
      var by = factor(map.getZoom());
      growing.forEach(function (one) {
        one[0].setStyle({ weight: Math.max(one[2], one[1] * by) });
      });
    }
    map.on("zoomend", restyle);
    restyle();
    new Names().addTo(map);
    document.querySelectorAll("[data-corridor]").forEach(function (button) {
      var layer = byCorridor[button.getAttribute("data-corridor")];
      if (!layer) { return; }
      button.hidden = false;
      button.addEventListener("click", function () {
        map.fitBounds(layer.getBounds(), { padding: [40, 40], maxZoom: 17 });
        layer.openPopup();
        map.getContainer().scrollIntoView({ block: "nearest" });
      });
    });
    /* On paper the map keeps the pixels it has on the screen, scaled to the sheet: what is drawn
       while a page is being printed comes out white. */
    var frame = map.getContainer().parentNode;
    window.addEventListener("beforeprint", function () {
      var width = frame.offsetWidth, height = frame.offsetHeight;
      frame.style.width = width + "px";
      frame.style.height = height + "px";
      frame.style.zoom = Math.min(680 / width, 640 / height);
    });
    window.addEventListener("afterprint", function () {
      frame.style.width = frame.style.height = frame.style.zoom = "";
    });
    document.documentElement.setAttribute("data-map", "drawn");
  }

  return { lines: lines, describe: describe, grow: grow, know: know, finish: finish };
})();
