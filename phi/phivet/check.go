package main

import (
	_ "embed"
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"
)

// places lists every function that may call Reveal, with the reason: a new line here is a privacy review.
//
//go:embed places.txt
var places string

// Analyzer forbids Reveal outside places.txt, and clear values and raw SIP text in whatever ends as words: errors, logs,
// formats (45 CFR 164.502(b)).
var Analyzer = &analysis.Analyzer{
	Name:     "phivet",
	Doc:      "keep clear PHI and raw SIP text out of logs and errors; keep Reveal in its reviewed places",
	Requires: []*analysis.Analyzer{inspect.Analyzer},
	Run:      func(pass *analysis.Pass) (any, error) { check(pass, reviewed(places)); return nil, nil },
}

// reviewed reads "file function reason" lines.
func reviewed(text string) map[string]bool {
	all := map[string]bool{}
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) > 2 && f[0] != "#" {
			all[f[0]+" "+f[1]] = true
		}
	}
	return all
}

func check(pass *analysis.Pass, may map[string]bool) {
	look := pass.ResultOf[inspect.Analyzer].(*inspector.Inspector)
	for _, f := range pass.Files {
		if !isTest(pass, f.Pos()) {
			quoted(pass, f)
		}
	}
	look.WithStack([]ast.Node{(*ast.CallExpr)(nil)}, func(n ast.Node, push bool, stack []ast.Node) bool {
		call := n.(*ast.CallExpr)
		if !push || isTest(pass, call.Pos()) {
			return push
		}
		if isReveal(pass, call) {
			if place := placeOf(pass, call, stack); !may[place] {
				pass.Reportf(call.Pos(), "Reveal outside its reviewed places: %q is not in phi/phivet/places.txt", place)
			}
		}
		if speaks(pass, call) {
			silent(pass, call)
		}
		return true
	})
}

// isTest: tests and scripted phones invent their people.
func isTest(pass *analysis.Pass, at token.Pos) bool {
	return pass.Pkg.Path() == "nightbell/sip/siptest" || strings.HasSuffix(pass.Fset.Position(at).Filename, "_test.go")
}

// placeOf is "room/file.go function": the path as the repository has it.
func placeOf(pass *analysis.Pass, call *ast.CallExpr, stack []ast.Node) string {
	room := strings.TrimPrefix(strings.TrimSuffix(pass.Pkg.Path(), "_test"), "nightbell/")
	file := path.Join(room, filepath.Base(pass.Fset.Position(call.Pos()).Filename))
	for _, n := range stack {
		if f, ok := n.(*ast.FuncDecl); ok {
			return file + " " + f.Name.Name
		}
	}
	return file + " -"
}

// isReveal reports whether the call gives a clear value: Reveal of a type of package phi.
func isReveal(pass *analysis.Pass, call *ast.CallExpr) bool {
	f := called(pass, call)
	return f != nil && f.Name() == "Reveal" && f.Pkg() != nil && f.Pkg().Path() == "nightbell/phi"
}

func called(pass *analysis.Pass, call *ast.CallExpr) *types.Func {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	f, _ := pass.TypesInfo.Uses[sel.Sel].(*types.Func)
	return f
}

// speaks reports whether what is given to the call becomes words for people: an error, a log line, a format.
func speaks(pass *analysis.Pass, call *ast.CallExpr) bool {
	f := called(pass, call)
	if f == nil || f.Pkg() == nil {
		return false
	}
	switch f.Pkg().Path() {
	case "fmt", "log", "log/slog":
		return true
	case "errors":
		return f.Name() == "New"
	}
	return false
}

// silent reports what must not be among the words.
func silent(pass *analysis.Pass, call *ast.CallExpr) {
	for _, arg := range call.Args {
		ast.Inspect(arg, func(n ast.Node) bool {
			e, ok := n.(ast.Expr)
			if !ok {
				return true
			}
			if inner, ok := e.(*ast.CallExpr); ok && (isReveal(pass, inner) || isRaw(pass, inner)) {
				pass.Reportf(inner.Pos(), "clear PHI or raw SIP text in words for people")
				return false
			}
			if isMessage(pass.TypesInfo.TypeOf(e)) && e == ast.Unparen(arg) {
				pass.Reportf(e.Pos(), "a SIP message or header in words for people")
				return false
			}
			return true
		})
	}
}

const sipPath = "github.com/emiago/sipgo/sip"

// isRaw reports whether the call gives text as the peer has sent it: String, Value, Body and the like of sipgo's types.
func isRaw(pass *analysis.Pass, call *ast.CallExpr) bool {
	f := called(pass, call)
	if f == nil || f.Pkg() == nil || f.Pkg().Path() != sipPath || f.Signature().Recv() == nil {
		return false
	}
	switch f.Name() {
	case "String", "Value", "Body", "Short", "Addr":
		return true
	}
	return false
}

// isMessage reports whether printing the value prints what a peer has sent: sipgo's messages, headers and addresses.
// Numbers and closed words (a status code, a method that was checked) are none.
func isMessage(t types.Type) bool {
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	named, ok := t.(*types.Named)
	if !ok || named.Obj().Pkg() == nil || named.Obj().Pkg().Path() != sipPath {
		return false
	}
	_, plain := named.Underlying().(*types.Basic)
	return !plain && !types.Implements(named, errorType) && !types.Implements(types.NewPointer(named), errorType)
}

// quoted reports errors of sipgo's parser that go on: they quote what the peer has sent.
func quoted(pass *analysis.Pass, file *ast.File) {
	from := map[types.Object]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		set, ok := n.(*ast.AssignStmt)
		if !ok || len(set.Rhs) != 1 {
			return true
		}
		call, ok := set.Rhs[0].(*ast.CallExpr)
		if !ok {
			return true
		}
		if f := called(pass, call); f != nil && f.Pkg() != nil && f.Pkg().Path() == sipPath && strings.HasPrefix(f.Name(), "Parse") {
			last, _ := set.Lhs[len(set.Lhs)-1].(*ast.Ident)
			if o := pass.TypesInfo.ObjectOf(last); o != nil && types.Implements(o.Type(), errorType) {
				from[o] = true
			}
		}
		return true
	})
	ast.Inspect(file, func(n ast.Node) bool {
		var given []ast.Expr
		switch n := n.(type) {
		case *ast.ReturnStmt:
			given = n.Results
		case *ast.CallExpr:
			given = n.Args
		}
		for _, e := range given {
			if id, ok := ast.Unparen(e).(*ast.Ident); ok && from[pass.TypesInfo.Uses[id]] {
				pass.Reportf(id.Pos(), "an error of the SIP parser quotes the peer's text: say what is wrong in words of our own")
			}
		}
		return true
	})
}

var errorType = types.Universe.Lookup("error").Type().Underlying().(*types.Interface)
