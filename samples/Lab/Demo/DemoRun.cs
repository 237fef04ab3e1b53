using System.Threading;
using System.Threading.Tasks;
namespace MicroLink.Lab
{
    internal sealed class DemoRun
    {
        public DemoRun(bool once) { Once = once; }
        public bool Once { get; }
        public Task<int> RunAsync(CancellationToken stop) => Task.FromResult(1);
    }
}
