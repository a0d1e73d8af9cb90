package apispec

import (
	"fmt"

	"github.com/getkin/kin-openapi/openapi3"
)

// OpenAPI reads the description of an API, in OpenAPI 3.0 or 3.1, as YAML or JSON. References to other files and addresses
// are errors. Errors name the file and, where they are about its content, the place and the mend.
func OpenAPI(path string, o Options) (*Spec, error) {
	content, err := load(path, "the API's description", largeDescription)
	if err != nil {
		return nil, err
	}
	return ParseOpenAPI(path, content, o)
}

const largeDescription = "take examples out of it, or split it by services"

// ParseOpenAPI is [OpenAPI] for a text; the path is for errors only.
func ParseOpenAPI(path string, content []byte, o Options) (*Spec, error) {
	if err := checkSize(path, content, largeDescription); err != nil {
		return nil, err
	}
	t, e := readTree(path, content)
	if e != nil {
		return nil, e
	}
	document, err := loadDocument(content)
	if err != nil {
		return nil, t.refused(err)
	}
	w := &writer{options: o, document: document}
	return w.spec(), nil
}

// loadDocument reads what the tree has found to be fit for reading. The library follows no reference out of the text, and
// panics on what it did not foresee.
func loadDocument(content []byte) (document *openapi3.T, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			document, err = nil, fmt.Errorf("it cannot be read: %v", cause)
		}
	}()
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = false
	return loader.LoadFromData(content)
}
