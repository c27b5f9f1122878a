"use strict";(self.rspackChunkmotadata_nb_lab=self.rspackChunkmotadata_nb_lab||[]).push([[1],{30(e,n,t){var o=t(28),r=t.n(o),a=t(29),i=(t.n(a))()(r());i.push([e.id,`.mn-template-mark {
  color: var(--jp-mirror-editor-meta-color);
  font-weight: 600;
}

.mn-template,
.mn-template-mark {
  background: rgba(255, 196, 0, 0.18);
}

.mn-template {
  color: var(--jp-mirror-editor-variable-2-color);
}

.mn-panel {
  display: flex;
  flex-direction: column;
  min-width: 180px;
  overflow: hidden;
  background: var(--jp-layout-color1);
  color: var(--jp-ui-font-color1);
  font-family: var(--jp-ui-font-family);
  font-size: var(--jp-ui-font-size1);
}

.mn-panel-head {
  padding: 10px 12px 6px;
  border-bottom: 1px solid var(--jp-border-color2);
}

.mn-panel-title {
  font-weight: 600;
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.mn-panel-note,
.mn-panel-detail,
.mn-panel-count,
.mn-panel-empty {
  color: var(--jp-ui-font-color2);
  font-size: var(--jp-ui-font-size0);
}

.mn-panel-body {
  flex: 1;
  overflow: auto;
  padding: 4px 0 12px;
}

.mn-panel-body > .mn-panel-empty,
.mn-panel-load {
  margin: 12px;
}

.mn-panel-section {
  display: flex;
  gap: 6px;
  align-items: baseline;
  padding: 6px 12px;
  cursor: pointer;
  font-weight: 600;
}

.mn-panel-section::before {
  content: '▸';
  width: 0.8em;
}

.mn-panel-fold[open] > .mn-panel-section::before {
  content: '▾';
}

.mn-panel-section-title {
  flex: 1;
}

.mn-panel-list {
  list-style: none;
  margin: 0;
  padding: 0 0 0 14px;
}

li.mn-panel-empty {
  padding: 2px 12px;
}

.mn-panel-line {
  display: flex;
  flex-wrap: wrap;
  gap: 0 8px;
  align-items: baseline;
  box-sizing: border-box;
  width: 100%;
  padding: 3px 12px;
  border: 0;
  background: none;
  color: inherit;
  font: inherit;
  text-align: left;
}

button.mn-panel-line {
  cursor: grab;
}

button.mn-panel-line:hover {
  background: var(--jp-layout-color2);
}

.mn-panel :focus-visible {
  outline: 2px solid var(--jp-brand-color1);
  outline-offset: -2px;
}

.mn-panel-name {
  overflow-wrap: anywhere;
}

.mn-attention {
  font-weight: 600;
}

.mn-panel-parent {
  position: relative;
}

.mn-panel-toggle {
  position: absolute;
  left: -6px;
  top: 3px;
  width: 18px;
  padding: 0;
  border: 0;
  background: none;
  color: inherit;
  cursor: pointer;
}

.mn-panel-toggle::before {
  content: '▸';
}

.mn-panel-toggle[aria-expanded='true']::before {
  content: '▾';
}

.mn-panel-live {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
}

/* A widget that is gone, or not there yet, has no element inside; its static twin stands above it. */
.jp-OutputArea-child:has(.mn-twin)
  + .jp-OutputArea-child
  > .lm-Panel.jp-OutputArea-output:not(:has(*)) {
  display: none;
}
`,""]),t.d(n,{},{A:i})},27(e,n,t){var o=t(28),r=t.n(o),a=t(29),i=t.n(a),l=t(30),p=i()(r());p.i(l.A),p.push([e.id,`
`,""]),t.d(n,{},{A:p})},29(e){e.exports=function(e){var n=[];return n.toString=function(){return this.map(function(n){var t="",o=void 0!==n[5];return n[4]&&(t+="@supports (".concat(n[4],") {")),n[2]&&(t+="@media ".concat(n[2]," {")),o&&(t+="@layer".concat(n[5].length>0?" ".concat(n[5]):""," {")),t+=e(n),o&&(t+="}"),n[2]&&(t+="}"),n[4]&&(t+="}"),t}).join("")},n.i=function(e,t,o,r,a){"string"==typeof e&&(e=[[null,e,void 0]]);var i={};if(o)for(var l=0;l<this.length;l++){var p=this[l][0];null!=p&&(i[p]=!0)}for(var s=0;s<e.length;s++){var c=[].concat(e[s]);o&&i[c[0]]||(void 0!==a&&(void 0===c[5]||(c[1]="@layer".concat(c[5].length>0?" ".concat(c[5]):""," {").concat(c[1],"}")),c[5]=a),t&&(c[2]&&(c[1]="@media ".concat(c[2]," {").concat(c[1],"}")),c[2]=t),r&&(c[4]?(c[1]="@supports (".concat(c[4],") {").concat(c[1],"}"),c[4]=r):c[4]="".concat(r)),n.push(c))}},n}},28(e){e.exports=function(e){return e[1]}},20(e,n,t){t.r(n);var o=t(21),r=t.n(o),a=t(22),i=t.n(a),l=t(23),p=t.n(l),s=t(24),c=t.n(s),d=t(25),u=t.n(d),m=t(26),f=t.n(m),v=t(27),h={};h.styleTagTransform=f(),h.setAttributes=c(),h.insert=p().bind(null,"head"),h.domAPI=i(),h.insertStyleElement=u(),r()(v.A,h);let g=v.A&&v.A.locals?v.A.locals:void 0;t.d(n,{},{default:g})},21(e){var n=[];function t(e){for(var t=-1,o=0;o<n.length;o++)if(n[o].identifier===e){t=o;break}return t}function o(e,o){for(var r={},a=[],i=0;i<e.length;i++){var l=e[i],p=o.base?l[0]+o.base:l[0],s=r[p]||0,c="".concat(p," ").concat(s);r[p]=s+1;var d=t(c),u={css:l[1],media:l[2],sourceMap:l[3],supports:l[4],layer:l[5]};if(-1!==d)n[d].references++,n[d].updater(u);else{var m=function(e,n){var t=n.domAPI(n);return t.update(e),function(n){n?(n.css!==e.css||n.media!==e.media||n.sourceMap!==e.sourceMap||n.supports!==e.supports||n.layer!==e.layer)&&t.update(e=n):t.remove()}}(u,o);o.byIndex=i,n.splice(i,0,{identifier:c,updater:m,references:1})}a.push(c)}return a}e.exports=function(e,r){var a=o(e=e||[],r=r||{});return function(e){e=e||[];for(var i=0;i<a.length;i++){var l=t(a[i]);n[l].references--}for(var p=o(e,r),s=0;s<a.length;s++){var c=t(a[s]);0===n[c].references&&(n[c].updater(),n.splice(c,1))}a=p}}},23(e){var n={};e.exports=function(e,t){var o=function(e){if(void 0===n[e]){var t=document.querySelector(e);if(window.HTMLIFrameElement&&t instanceof window.HTMLIFrameElement)try{t=t.contentDocument.head}catch(e){t=null}n[e]=t}return n[e]}(e);if(!o)throw Error("Couldn't find a style target. This probably means that the value for the 'insert' parameter is invalid.");o.appendChild(t)}},25(e){e.exports=function(e){var n=document.createElement("style");return e.setAttributes(n,e.attributes),e.insert(n,e.options),n}},24(e,n,t){e.exports=function(e){var n=t.nc;n&&e.setAttribute("nonce",n)}},22(e){e.exports=function(e){if("u"<typeof document)return{update:function(){},remove:function(){}};var n=e.insertStyleElement(e);return{update:function(t){var o,r,a;o="",t.supports&&(o+="@supports (".concat(t.supports,") {")),t.media&&(o+="@media ".concat(t.media," {")),(r=void 0!==t.layer)&&(o+="@layer".concat(t.layer.length>0?" ".concat(t.layer):""," {")),o+=t.css,r&&(o+="}"),t.media&&(o+="}"),t.supports&&(o+="}"),(a=t.sourceMap)&&"u">typeof btoa&&(o+="\n/*# sourceMappingURL=data:application/json;base64,".concat(btoa(unescape(encodeURIComponent(JSON.stringify(a))))," */")),e.styleTagTransform(o,n,e.options)},remove:function(){var e;null===(e=n).parentNode||e.parentNode.removeChild(e)}}}},26(e){e.exports=function(e,n){if(n.styleSheet)n.styleSheet.cssText=e;else{for(;n.firstChild;)n.removeChild(n.firstChild);n.appendChild(document.createTextNode(e))}}}}]);