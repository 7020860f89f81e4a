package rule

import (
	"math"
	"strconv"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// maxArguments bounds the arguments of min and max.
const maxArguments = 8

// finite returns a number, or an error when the operation left the finite numbers: ∞ would pass a min() as if it were a score.
func finite(value float64, operation string) ref.Val {
	if math.IsInf(value, 0) || math.IsNaN(value) {
		return types.NewErr("%s has no finite result", operation)
	}
	return types.Double(value)
}

func binary(name, overload, symbol string, operation func(x, y float64) float64) cel.EnvOption {
	return cel.Function(name, cel.Overload(overload, []*cel.Type{cel.DoubleType, cel.DoubleType}, cel.DoubleType,
		cel.BinaryBinding(func(x, y ref.Val) ref.Val {
			return finite(operation(float64(x.(types.Double)), float64(y.(types.Double))), symbol)
		})))
}

func unary(name, overload string, operation func(x float64) float64) cel.EnvOption {
	return cel.Function(name, cel.Overload(overload, []*cel.Type{cel.DoubleType}, cel.DoubleType,
		cel.UnaryBinding(func(x ref.Val) ref.Val {
			return finite(operation(float64(x.(types.Double))), name)
		})))
}

// extremum declares min or max for 2 to maxArguments numbers.
func extremum(name string, operation func(x, y float64) float64) cel.EnvOption {
	overloads := []cel.FunctionOpt{
		cel.Overload(name+"_2", []*cel.Type{cel.DoubleType, cel.DoubleType}, cel.DoubleType, cel.BinaryBinding(func(x, y ref.Val) ref.Val {
			return finite(operation(float64(x.(types.Double)), float64(y.(types.Double))), name)
		})),
	}
	for count := 3; count <= maxArguments; count++ {
		arguments := make([]*cel.Type, count)
		for i := range arguments {
			arguments[i] = cel.DoubleType
		}
		overloads = append(overloads, cel.Overload(name+"_"+strconv.Itoa(count), arguments, cel.DoubleType,
			cel.FunctionBinding(func(values ...ref.Val) ref.Val {
				result := float64(values[0].(types.Double))
				for _, value := range values[1:] {
					result = operation(result, float64(value.(types.Double)))
				}
				return finite(result, name)
			})))
	}
	return cel.Function(name, overloads...)
}

// numberFunctions are all operators and functions on numbers. CEL's own are left out: they know integers, whose division drops what is
// behind the point, and let infinities pass.
func numberFunctions() []cel.EnvOption {
	return []cel.EnvOption{
		binary("_+_", "add_double", "+", func(x, y float64) float64 { return x + y }),
		binary("_-_", "subtract_double", "-", func(x, y float64) float64 { return x - y }),
		binary("_*_", "multiply_double", "*", func(x, y float64) float64 { return x * y }),
		cel.Function("_/_", cel.Overload("divide_double", []*cel.Type{cel.DoubleType, cel.DoubleType}, cel.DoubleType,
			cel.BinaryBinding(func(x, y ref.Val) ref.Val {
				if float64(y.(types.Double)) == 0 {
					return types.NewErr("division by zero")
				}
				return finite(float64(x.(types.Double))/float64(y.(types.Double)), "/")
			}))),
		cel.Function("-_", cel.Overload("negate_double", []*cel.Type{cel.DoubleType}, cel.DoubleType, cel.UnaryBinding(func(x ref.Val) ref.Val {
			return -x.(types.Double)
		}))),
		extremum("min", math.Min),
		extremum("max", math.Max),
		unary("floor", "floor_double", math.Floor),
		unary("ceil", "ceil_double", math.Ceil),
		unary("round", "round_double", math.Round),
		unary("log", "log_double", math.Log),
		unary("log10", "log10_double", math.Log10),
		unary("sqrt", "sqrt_double", math.Sqrt),
		unary("abs", "abs_double", math.Abs),
		cel.Function("clamp", cel.Overload("clamp_double", []*cel.Type{cel.DoubleType, cel.DoubleType, cel.DoubleType}, cel.DoubleType,
			cel.FunctionBinding(func(values ...ref.Val) ref.Val {
				x, low, high := float64(values[0].(types.Double)), float64(values[1].(types.Double)), float64(values[2].(types.Double))
				if low > high {
					return types.NewErr("clamp has a low end above its high end")
				}
				return finite(min(max(x, low), high), "clamp")
			}))),
		conversion(),
		sizes(),
	}
}

// conversion is double(): a text such as "12.5" as a number; a number is itself.
func conversion() cel.EnvOption {
	return cel.Function("double",
		cel.Overload("double_to_double", []*cel.Type{cel.DoubleType}, cel.DoubleType, cel.UnaryBinding(func(x ref.Val) ref.Val { return x })),
		cel.Overload("string_to_double", []*cel.Type{cel.StringType}, cel.DoubleType, cel.UnaryBinding(func(x ref.Val) ref.Val {
			number, err := strconv.ParseFloat(string(x.(types.String)), 64)
			if err != nil {
				return types.NewErr("double takes a number")
			}
			return finite(number, "double")
		})))
}

// sizes is size(): characters of a text, elements of a list, fields of a mapping.
func sizes() cel.EnvOption {
	count := cel.UnaryBinding(func(x ref.Val) ref.Val {
		size, ok := x.(traits.Sizer).Size().(types.Int)
		if !ok {
			return types.NewErr("size can't be told")
		}
		return types.Double(size)
	})
	return cel.Function("size",
		cel.Overload("size_string", []*cel.Type{cel.StringType}, cel.DoubleType, cel.UnaryBinding(func(x ref.Val) ref.Val {
			return types.Double(utf8.RuneCountInString(string(x.(types.String))))
		})),
		cel.Overload("size_list", []*cel.Type{cel.ListType(cel.DynType)}, cel.DoubleType, count),
		cel.Overload("size_map", []*cel.Type{cel.MapType(cel.StringType, cel.DynType)}, cel.DoubleType, count))
}
