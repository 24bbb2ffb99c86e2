// Types that netstandard2.0 lacks and the C# compiler needs for records and `required`.
namespace System.Runtime.CompilerServices;

internal static class IsExternalInit;
