// Starts Swagger UI. A file of its own, because the page's Content-Security-Policy allows no inline script.
"use strict";

const root = document.getElementById("swagger-ui");

window.ui = SwaggerUIBundle({
  domNode: root,
  url: root.dataset.openapiUrl,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  // The default asks validator.swagger.io whether the document is valid.
  validatorUrl: null,
  // A page address must not be able to choose which document, or whose token endpoint, this page shows.
  queryConfigEnabled: false,
  deepLinking: true,
  // A password or token must not outlive the page in localStorage.
  persistAuthorization: false,
  docExpansion: "none",
  filter: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  requestSnippetsEnabled: true,
  requestSnippets: {
    generators: { curl_bash: { title: "curl", syntax: "bash" } },
    defaultExpanded: true,
    languages: ["curl_bash"],
  },
});
