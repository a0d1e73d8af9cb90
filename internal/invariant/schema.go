package invariant

import (
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// structure is a type that rules see, with all fields that it has.
type structure struct {
	name   string
	fields []field
}

// field is one of them. The documentation of the components lists it with its sources.
type field struct {
	name    string
	celType *cel.Type
	get     func(self any) ref.Val // an error where the field is missing
	has     func(self any) bool    // nil: always
	sources string                 // attributes, stable name first
}

// Types of the variables.
var (
	typeCall        = cel.ObjectType("Call")
	typeChild       = cel.ObjectType("ChildCall")
	typeRequest     = cel.ObjectType("Request")
	typeResponse    = cel.ObjectType("Response")
	typeEnvironment = cel.ObjectType("Environment")
	typeUser        = cel.ObjectType("User")
	typeSession     = cel.ObjectType("Session")
	typeClient      = cel.ObjectType("Client")
	typeStatement   = cel.ObjectType("Statement")
	typeEarlier     = cel.ObjectType("EarlierCall")

	typeTexts   = cel.MapType(cel.StringType, cel.StringType)
	typeValues  = cel.MapType(cel.StringType, cel.DynType)
	typeStrings = cel.ListType(cel.StringType)
)

// variable is what a rule begins a path with.
type variable struct {
	name    string
	celType *cel.Type
}

var variables = []variable{
	{"call", typeCall},
	{"req", typeRequest},
	{"resp", typeResponse},
	{"env", typeEnvironment},
	{"db", cel.ListType(typeStatement)},
	{"calls", cel.ListType(typeChild)},
}

const (
	statusSources = "http.response.status_code, http.status_code"
	clientSources = "the component's client_key: client.address and its fall-backs"
)

var callFields = []field{
	callField("method", cel.StringType, "http.request.method, http.method", func(v *view) ref.Val { return text(v.call.Method) }),
	callField("route", cel.StringType, "http.route, else a template of the path", func(v *view) ref.Val { return text(v.call.Route) }),
	callField("path", cel.StringType, "url.path, else that of http.target, http.url, url.full", func(v *view) ref.Val { return v.bounded(v.call.Path, longPath) }),
	callField("status", cel.IntType, statusSources, (*view).status),
	callField("service", cel.StringType, "service.name of the resource", func(v *view) ref.Val { return text(v.call.Service) }),
	callField("duration", cel.DurationType, "the span's end less its start", (*view).duration),
	callField("start", cel.TimestampType, "the span's start", (*view).start),
	callField("client", cel.StringType, clientSources, func(v *view) ref.Val { return text(v.call.Client) }),
	callField("peer", cel.StringType, "network.peer.address, net.sock.peer.addr, net.peer.ip", func(v *view) ref.Val { return text(v.call.Peer) }),
	callField("user_agent", cel.StringType, "user_agent.original, http.user_agent", func(v *view) ref.Val { return v.bounded(v.call.UserAgent, longUserAgent) }),
}

var structures = []structure{
	{"Call", callFields},
	{"ChildCall", append(slices.Clip(callFields),
		whole("req", typeRequest, "the child call's request", func(v *view) ref.Val { return &v.asRequest }),
		whole("resp", typeResponse, "the child call's response", func(v *view) ref.Val { return &v.asResponse }),
	)},
	{"Request", []field{
		whole("path", typeTexts, "the rule's template and http.route against url.path", func(v *view) ref.Val { return &v.pathParameters }),
		callField("query", typeValues, "url.query, else that of http.target, url.full, http.url", (*view).queryParameters),
		whole("header", typeTexts, "http.request.header.<name>", func(v *view) ref.Val { return &v.requestHeaders }),
		callField("body", cel.DynType, "http.request.body.content, http.request.body", (*view).requestBody),
	}},
	{"Response", []field{
		callField("status", cel.IntType, statusSources, (*view).status),
		whole("header", typeTexts, "http.response.header.<name>", func(v *view) ref.Val { return &v.responseHeaders }),
		callField("body", cel.DynType, "http.response.body.content, http.response.body", (*view).responseBody),
	}},
	{"Environment", []field{
		whole("user", typeUser, "", func(v *view) ref.Val { return &v.asUser }),
		whole("session", typeSession, "", func(v *view) ref.Val { return &v.asSession }),
		whole("client", typeClient, "", func(v *view) ref.Val { return &v.asClient }),
	}},
	{"User", []field{
		callField("id", cel.StringType, "user.id, enduser.id", func(v *view) ref.Val { return v.bounded(v.call.User, longUser) }),
		callField("roles", typeStrings, "user.roles, enduser.role", (*view).roles),
	}},
	{"Session", []field{
		callField("id", cel.StringType, "session.id", func(v *view) ref.Val { return v.bounded(v.call.Session, longSession) }),
	}},
	{"Client", []field{
		callField("address", cel.StringType, clientSources, func(v *view) ref.Val { return text(v.call.Client) }),
	}},
	{"Statement", []field{
		statementField("op", cel.StringType, "db.query.text, db.statement; else db.operation.name, db.operation", (*statementView).operation),
		statementField("table", cel.StringType, "the first of tables", (*statementView).table),
		statementField("tables", typeStrings, "db.query.text, db.statement; else db.collection.name, db.sql.table", (*statementView).tables),
		statementField("skeleton", cel.StringType, "db.query.text, db.statement without literals", (*statementView).skeleton),
		statementField("where", typeValues, "db.query.text, db.statement with db.query.parameter.<key>, db.statement.parameters, db.postgresql.values, pgx.query.parameters", (*statementView).conditions),
		statementField("set", typeValues, "as where: columns of SET and INSERT", (*statementView).assignments),
		statementField("rows", cel.IntType, "db.response.returned_rows", (*statementView).rows),
		statementField("system", cel.StringType, "db.system.name, db.system", (*statementView).system),
	}},
	// Of an earlier call the store has single values, so that this is for the checker alone, see [question].
	{"EarlierCall", []field{
		whole("call", typeCall, "", func(v *view) ref.Val { return &v.asCall }),
		whole("req", typeRequest, "", func(v *view) ref.Val { return &v.asRequest }),
		whole("resp", typeResponse, "", func(v *view) ref.Val { return &v.asResponse }),
		whole("env", typeEnvironment, "", func(v *view) ref.Val { return &v.asEnvironment }),
	}},
}

// structureOf returns the structure of a type, false if it is none.
func structureOf(t *cel.Type) (structure, bool) {
	for _, s := range structures {
		if s.name == t.TypeName() {
			return s, true
		}
	}
	return structure{}, false
}

func (s *structure) field(name string) (field, bool) {
	for _, f := range s.fields {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

// callField is a field of a [view] that is missing where get returns an error.
func callField(name string, t *cel.Type, sources string, get func(*view) ref.Val) field {
	return field{
		name: name, celType: t, sources: sources,
		get: func(self any) ref.Val { return get(self.(*view)) },
		has: func(self any) bool { return get(self.(*view)) != ref.Val(errMissing) },
	}
}

// whole is a field that is there, whatever it has.
func whole(name string, t *cel.Type, sources string, get func(*view) ref.Val) field {
	f := callField(name, t, sources, get)
	f.has = nil
	return f
}

func statementField(name string, t *cel.Type, sources string, get func(*statementView) ref.Val) field {
	return field{
		name: name, celType: t, sources: sources,
		get: func(self any) ref.Val { return get(self.(*statementView)) },
		has: func(self any) bool { return get(self.(*statementView)) != ref.Val(errMissing) },
	}
}

// provider tells the checker and the planner about the structures.
type provider struct {
	*types.Registry
	fields map[string]map[string]*types.FieldType
}

func newProvider() (*provider, error) {
	registry, err := types.NewRegistry()
	if err != nil {
		return nil, err
	}
	p := &provider{Registry: registry, fields: make(map[string]map[string]*types.FieldType)}
	for _, s := range structures {
		byName := make(map[string]*types.FieldType)
		for _, f := range s.fields {
			byName[f.name] = f.fieldType()
		}
		p.fields[s.name] = byName
	}
	return p, nil
}

func (f *field) fieldType() *types.FieldType {
	get, has := f.get, f.has
	return &types.FieldType{
		Type:  f.celType,
		IsSet: func(self any) bool { return has == nil || has(self) },
		GetFrom: func(self any) (any, error) {
			v := get(self)
			if err, failed := v.(*types.Err); failed {
				return nil, err
			}
			return v, nil
		},
	}
}

// FindStructType is part of [types.Provider].
func (p *provider) FindStructType(name string) (*types.Type, bool) {
	if _, ok := p.fields[name]; ok {
		return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
	}
	return p.Registry.FindStructType(name)
}

// FindStructFieldNames is part of [types.Provider].
func (p *provider) FindStructFieldNames(name string) ([]string, bool) {
	for _, s := range structures {
		if s.name == name {
			return fieldNames(s), true
		}
	}
	return p.Registry.FindStructFieldNames(name)
}

// FindStructFieldType is part of [types.Provider].
func (p *provider) FindStructFieldType(structType, name string) (*types.FieldType, bool) {
	if byName, ok := p.fields[structType]; ok {
		f, ok := byName[name]
		return f, ok
	}
	return p.Registry.FindStructFieldType(structType, name)
}

func fieldNames(s structure) []string {
	names := make([]string, len(s.fields))
	for i := range s.fields {
		names[i] = s.fields[i].name
	}
	return names
}
